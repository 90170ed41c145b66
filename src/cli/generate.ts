/** `resmirror generate`: images of random vectors, on the way from one to another, or as a film. */
import type { Generator, Point } from '../inference/generator.js';
import type { OpenModelOptions } from '../inference/index.js';
import type { Model } from '../weights/index.js';
import { command, flag, type OptionRow, option } from './command.js';
import { computeOptions, computeSettings } from './device.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';
import { type Picture, stackGrid } from './pair-grid.js';
import { writeFilm, writePicture } from './reconstruct.js';
import { count, seed } from './values.js';

/** Samples of a grid, steps on a way, pictures of a film side by side. */
const USUAL = { grid: 64, way: 10, film: 16 } as const;
const FRAMES = 60;
/** Milliseconds of a frame. */
const DELAY = 60;
/** Places that a walk comes by before it is back. */
const PLACES = 4;
/** Up to so many classes stand side by side, one in each column. */
const COLUMNS = 16;

const film = /\.(webp|gif)$/i;

export const generate = command({
  arguments: { '<model>': 'a run folder or .safetensors file that train generate made' },
  options: {
    out: option('--out <file>', 'the picture; of a walk a .webp or .gif', {
      usual: 'generated.png, walk.webp for a walk',
    }),
    count: option('--count <n>', 'images', {
      parse: count,
      usual: `${USUAL.grid}; ${USUAL.way} with --interpolate, ${USUAL.film} with --walk`,
    }),
    seed: option('--seed <n>', 'of the random vectors: the same seed, the same images', { parse: seed, usual: '0' }),
    class: option('--class <name>', 'make images of this class only', { usual: 'all, one after the other' }),
    interpolate: {
      flags: '--interpolate <ends...>',
      help: 'the way between two seeds, or between two image files',
    } as OptionRow<readonly string[]>,
    walk: flag('--walk', 'a film of images that change into each other, without end'),
    frames: option('--frames <n>', 'of a walk', { parse: count, usual: `${FRAMES}` }),
    ...computeOptions,
  },
  notes: `Ways lead along the sphere on which normal vectors lie. Between images they need
an encoder: a model of train generate --kind vae, or of train reconstruct, which
knows nothing of random vectors otherwise.`,
  examples: [
    ['generate runs/vae-resnet18-photos-1 --count 100', 'a grid of samples'],
    ['generate runs/vae-resnet18-photos-1 --class rose --seed 7 --out roses.png', 'of one class'],
    ['generate runs/vae-resnet18-photos-1 --interpolate 3 8 --class rose', 'from one sample to another'],
    ['generate runs/vae-resnet18-photos-1 --walk --out walk.gif', 'a film'],
  ],
  async run({ args, options, terminal }) {
    const { batch, threads, device, ...choices } = options;
    const { out = choices.walk ? 'walk.webp' : 'generated.png' } = choices;
    checkChoices(choices, out);
    const { readModel } = await import('../weights/index.js');
    const { Generator } = await import('../inference/generator.js');
    const compute = await computeSettings({
      ...(batch && { batch }),
      ...(threads && { threads }),
      ...(device && { device }),
    });
    const model = await readModel(args.model);
    const generator = Generator.open(model, compute);
    try {
      const number = classNumber(generator, choices.class);
      const task = { generator, model, path: args.model, compute, number, choices };
      const way = choices.walk ? walk : choices.interpolate ? interpolation : samples;
      const { points, draw } = await way(task);
      const pictures = (await generator.decode(points)).map((data): Picture => {
        const [height, width] = model.card.preprocessing.size;
        return { data, height, width, channels: model.card.preprocessing.channels };
      });
      const frames = draw(pictures);
      await (choices.walk ? writeFilm(out, frames, DELAY) : writePicture(out, frames[0]!));
      const many = choices.walk ? `${counted(frames.length, 'frame')}` : counted(points.length, 'image');
      terminal.print(`${many} in ${out}`);
      const { classes } = generator;
      const made = points.map(({ class: of }) => classes[of ?? -1]).filter((name) => name !== undefined);
      return { json: { out, images: points.length, ...(choices.walk && { frames: frames.length }), classes: made } };
    } finally {
      await generator.close();
    }
  },
});

interface Choices {
  readonly count?: number;
  readonly seed?: number;
  readonly class?: string;
  readonly interpolate?: readonly string[];
  readonly walk?: true;
  readonly frames?: number;
}

interface Given {
  readonly generator: Generator;
  readonly model: Model;
  readonly path: string;
  readonly compute: OpenModelOptions;
  /** Of the class that was asked for. */
  readonly number: number | undefined;
  readonly choices: Choices;
}

/** Where the images lie, and what is drawn of them: one picture, or the frames of a film. */
interface Way {
  readonly points: readonly Point[];
  readonly draw: (pictures: readonly Picture[]) => readonly Picture[];
}

function checkChoices({ walk, interpolate, frames, seed: given }: Choices, out: string): void {
  if (walk && interpolate) throw usageError('expected --walk or --interpolate, got both');
  if (walk && !film.test(out)) throw usageError(`a walk is a film: expected --out to end in .webp or .gif, got ${out}`);
  if (!walk && frames !== undefined) throw usageError('only a film has --frames: add --walk, or leave it out');
  if (!walk && /\.gif$/i.test(out)) throw usageError(`expected --out to end in .png, .jpg or .webp, got ${out}`);
  if (interpolate && given !== undefined) throw usageError('the ends of a way are its seeds: leave out --seed');
  if (interpolate && interpolate.length !== 2)
    throw usageError(`expected --interpolate with two seeds or two images, got ${interpolate.length}`);
}

function classNumber({ classes }: Generator, name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  if (classes.length === 0) throw usageError('this model knows no classes: leave out --class');
  const number = classes.indexOf(name);
  if (number < 0) throw usageError(`expected --class as one of ${classes.join(', ')}, got ${name}`);
  return number;
}

/** @throws where random vectors mean nothing to the model */
function expectSampled({ model, path }: Given): void {
  if (model.card.task !== 'generate')
    throw usageError(
      `${path} was trained to ${model.card.task}, which says nothing of random vectors; give a model made by 'train generate', or two images with --interpolate`,
    );
}

async function samples(given: Given): Promise<Way> {
  expectSampled(given);
  const { generator, number, choices } = given;
  const { randomPoints } = await import('../inference/generator.js');
  const columns = number === undefined && generator.classes.length <= COLUMNS ? generator.classes.length : 0;
  const { count: many = columns > 0 ? columns * Math.ceil(USUAL.grid / columns) : USUAL.grid, seed: from = 0 } =
    choices;
  const points = randomPoints(generator, { count: many, seed: from, class: number });
  return { points, draw: (pictures) => [stackGrid(pictures.map(alone), { across: columns || undefined })] };
}

async function interpolation(given: Given): Promise<Way> {
  const { generator, number, choices } = given;
  const { spherical } = await import('../inference/generator.js');
  const { count: many = USUAL.way } = choices;
  if (many < 2) throw usageError(`a way has two ends: expected --count 2 or more, got ${many}`);
  if (generator.classes.length > 0 && number === undefined)
    throw usageError(`expected --class for a way: one of ${generator.classes.join(', ')}`);
  const [a, b] = await endsOf(given);
  const points = Array.from({ length: many }, (_, i) => ({
    vector: spherical(a, b, i / (many - 1)),
    class: number,
  }));
  return { points, draw: (pictures) => [stackGrid(pictures.map(alone), { across: many })] };
}

/** Vectors of two seeds, or of two images. */
async function endsOf(given: Given): Promise<readonly [Float32Array, Float32Array]> {
  const { generator, path, compute, choices } = given;
  const { randomVector } = await import('../inference/generator.js');
  const ends = choices.interpolate!;
  const seeds = ends.filter((end) => /^\d+$/.test(end));
  if (seeds.length === 1) throw usageError(`expected two seeds or two images, got ${ends.join(' and ')}`);
  if (seeds.length === 2) {
    expectSampled(given);
    return ends.map((end) => randomVector(generator.latent, seed(end), 0)) as [Float32Array, Float32Array];
  }
  if (given.model.network.config.kind === 'transposeResnet')
    throw usageError(`${path} has no encoder, so images have no place in it: expected two seeds`);
  const { load } = await import('../inference/index.js');
  const predictor = await load(path, compute);
  try {
    const vectors: Float32Array[] = [];
    for await (const { value } of predictor.embed(ends)) vectors.push(value.slice());
    const [unread] = predictor.skipped;
    if (unread) throw usageError(`cannot read ${unread.file}: ${unread.reason}`);
    if (vectors.length !== 2) throw usageError(`expected two images, got ${vectors.length}`);
    return vectors as [Float32Array, Float32Array];
  } finally {
    await predictor.close();
  }
}

/** Each picture of a film goes its own round through places of its own. */
async function walk(given: Given): Promise<Way> {
  expectSampled(given);
  const { generator, number, choices } = given;
  const { randomPoints, spherical } = await import('../inference/generator.js');
  const { frames = FRAMES, count: many = USUAL.film, seed: from = 0 } = choices;
  const rounds = randomPoints(generator, { count: many, seed: from, class: number }).map((start, i) => {
    const others = randomPoints(generator, { count: PLACES - 1, seed: from + 1 + i });
    return { start, places: [start, ...others].map(({ vector }) => vector) };
  });
  const points = Array.from({ length: frames }, (_, frame) => {
    const at = (frame / frames) * PLACES;
    const [place, share] = [Math.floor(at), at % 1];
    return rounds.map(({ start, places }) => ({
      ...start,
      vector: spherical(places[place]!, places[(place + 1) % PLACES]!, share),
    }));
  }).flat();
  return {
    points,
    draw: (pictures) =>
      Array.from({ length: frames }, (_, frame) =>
        stackGrid(pictures.slice(frame * many, (frame + 1) * many).map(alone)),
      ),
  };
}

const alone = (picture: Picture): readonly Picture[] => [picture];
