/** What the stages of a network make of images and of vectors, for `explain`. */
import type { Skipped } from '../data/batches.js';
import { UserError } from '../errors.js';
import type { Features, NamedFeatures } from '../inference/layers.js';
import { contactSheet, NOTHING } from './contact-sheet.js';
import { type Drawn, gathered, pictureOf, type Task, tableLines } from './explained.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';
import type { Picture } from './pair-grid.js';

/** Images on a sheet of feature maps, and of what vectors become. */
const [SEEN, MADE] = [4, 8];
/** Maps of each stage on a sheet, beside all channels together. */
const MAPS = 12;

/** The stages that are meant: all, or the one of this number. @throws UserError where there is none */
function stagesMeant(names: readonly string[], stage: number | undefined): readonly string[] {
  if (names.length === 0)
    throw new UserError('this network does not say where its stages end; give the model that it was made of');
  if (stage === undefined) return names;
  const name = names[stage - 1];
  if (name === undefined) throw new UserError(`expected --stage from 1 to ${names.length}, got ${stage}`);
  return [name];
}

/** Stages in order, with the shape of what they give. */
function stageLines(names: readonly string[], features: NamedFeatures): readonly (readonly string[])[] {
  return [['row', 'maps'], ...names.map((name) => [name, features[name]!.shape.join('×')])];
}

export async function features({ model, compute, images, choices }: Task): Promise<Drawn> {
  const { Predictor } = await import('../inference/index.js');
  const { stagesOfImages } = await import('../inference/layers.js');
  const { liveliest, mapPicture, principalPictures } = await import('../inference/map-pictures.js');
  const at = stagesMeant(stagesOfImages(model), choices.stage);
  const predictor = Predictor.open(model, compute);
  try {
    const answers = (await gathered(predictor.features(images, { at }), choices.limit ?? SEEN)).map((answer) => ({
      ...answer,
      value: copied(answer.value),
    }));
    const pictures = answers.map(({ seen }) => pictureOf(model, seen));
    const together = at.map((name) =>
      principalPictures(
        answers.map(({ value }) => value[name]!),
        pictures,
      ),
    );
    const shown = answers.map(({ value }) => at.map((name) => liveliest(value[name]!, MAPS)));
    const groups = answers.map(({ value }, i) => [
      ...at.map((name, s) => [
        s === 0 ? pictures[i]! : NOTHING,
        together[s]![i]!,
        ...shown[i]![s]!.map((channel) => mapPicture(value[name]!, channel)),
      ]),
    ]);
    const first = answers[0]!.value;
    return {
      picture: contactSheet(groups),
      lines: (paint) => [
        ...tableLines(stageLines(at, first))(paint),
        'Beside the image: all channels, their three principal components as colour;',
        'then the channels that vary most.',
      ],
      json: {
        images: answers.map(({ image }, i) => ({
          image,
          stages: at.map((name, s) => ({ name, shape: first[name]!.shape, channels: shown[i]![s] })),
        })),
      },
      skipped: predictor.skipped,
    };
  } finally {
    await predictor.close();
  }
}

const copied = (features: NamedFeatures): NamedFeatures =>
  Object.fromEntries(Object.entries(features).map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));

/** What stages make of vectors, and the images in the end. */
interface Making {
  readonly at: readonly string[];
  readonly features: readonly NamedFeatures[];
  readonly pictures: readonly Picture[];
  readonly names: readonly string[];
  readonly skipped: readonly Skipped[];
}

export async function stages(task: Task): Promise<Drawn> {
  const { principalPictures } = await import('../inference/map-pictures.js');
  const { at, features: made, pictures, names, skipped } = await (task.images.length > 0 ? ofImages : ofVectors)(task);
  const together = at.map((name) =>
    principalPictures(
      made.map((one) => one[name] as Features),
      pictures,
    ),
  );
  const rows = [...together, pictures];
  return {
    picture: contactSheet([rows]),
    lines: (paint) => [
      ...tableLines(stageLines(at, made[0]!))(paint),
      `A column for each of ${counted(made.length, 'image')}: from the top all channels after each stage,`,
      'their three principal components as colour; at the bottom what came out.',
    ],
    json: { images: names, stages: at.map((name) => ({ name, shape: made[0]![name]!.shape })) },
    skipped,
  };
}

async function ofVectors({ model, compute, choices }: Task): Promise<Making> {
  const { classNumber } = await import('./generated-ways.js');
  const { decoderStages } = await import('../inference/generation.js');
  const { Generator } = await import('../inference/generator.js');
  const { randomPoints } = await import('../inference/points.js');
  const generator = Generator.open(model, compute);
  try {
    const at = stagesMeant(decoderStages(model.network), choices.stage);
    const number = classNumber(generator, choices.class);
    const points = randomPoints(generator, { count: choices.limit ?? MADE, seed: choices.seed ?? 0, class: number });
    const images = await generator.decode(points);
    return {
      at,
      features: (await generator.features(points, { at })).map(copied),
      pictures: images.map((data) => pictureOf(model, data)),
      names: points.map(({ class: of }, i) => generator.classes[of ?? -1] ?? `${i}`),
      skipped: [],
    };
  } finally {
    await generator.close();
  }
}

async function ofImages({ model, compute, images, choices }: Task): Promise<Making> {
  if (choices.seed !== undefined) throw usageError('the images decide what is made: leave out --seed');
  if (choices.class !== undefined) throw usageError('the images decide what is made: leave out --class');
  const { decoderOf } = await import('../models/index.js');
  const { decoderStages, pixelsOfFeatures } = await import('../inference/generation.js');
  const { Predictor } = await import('../inference/index.js');
  decoderOf(model.network); // says so where there is none
  const at = stagesMeant(decoderStages(model.network), choices.stage);
  const predictor = Predictor.open(model, compute);
  try {
    const wanted = [...at, 'output'];
    const answers = await gathered(predictor.features(images, { at: wanted }), choices.limit ?? MADE);
    const features = answers.map(({ value }) => copied(value));
    return {
      at,
      features,
      pictures: features.map((value) => pictureOf(model, pixelsOfFeatures(value.output!))),
      names: answers.map(({ image }) => image),
      skipped: predictor.skipped,
    };
  } finally {
    await predictor.close();
  }
}
