/** The pictures that `generate` can make of a model: samples, the way from one to another, and a film. */
import type { Generator } from '../inference/generator.js';
import type { OpenModelOptions } from '../inference/index.js';
import type { Point } from '../inference/points.js';
import type { Model } from '../weights/index.js';
import { usageError } from './failure.js';
import { type Picture, stackGrid } from './pair-grid.js';
import { seed } from './values.js';

/** Samples of a grid, steps on a way, pictures of a film side by side. */
export const USUAL = { grid: 64, way: 10, film: 16 } as const;
export const FRAMES = 60;
/** Places that a walk comes by before it is back. */
const PLACES = 4;
/** Up to so many classes stand side by side or one below the other. */
const CLASSES = 16;

export interface Choices {
  readonly count?: number;
  readonly seed?: number;
  readonly class?: string;
  readonly interpolate?: readonly string[];
  readonly walk?: true;
  readonly frames?: number;
}

export interface Given {
  readonly generator: Generator;
  readonly model: Model;
  readonly path: string;
  readonly compute: OpenModelOptions;
  /** Of the class that was asked for. */
  readonly number: number | undefined;
  readonly choices: Choices;
}

/** Where the images lie, and what is drawn of them: one picture, or the frames of a film. */
export interface Way {
  readonly points: readonly Point[];
  readonly draw: (pictures: readonly Picture[]) => readonly Picture[];
}

/** @throws for classes that the model does not know */
export function classNumber({ classes }: Generator, name: string | undefined): number | undefined {
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

export async function samples(given: Given): Promise<Way> {
  expectSampled(given);
  const { generator, number, choices } = given;
  const { randomPoints } = await import('../inference/points.js');
  const side = Math.sqrt(USUAL.grid);
  const known = number === undefined && generator.classes.length <= CLASSES ? generator.classes.length : 0;
  const columns = known && known * Math.max(1, Math.round(side / known)); // each class has as many
  const { count: many = columns > 0 ? columns * Math.ceil(USUAL.grid / columns) : USUAL.grid, seed: from = 0 } =
    choices;
  const points = randomPoints(generator, { count: many, seed: from, class: number });
  return { points, draw: (pictures) => [stackGrid(pictures.map(alone), { across: columns || undefined })] };
}

export async function interpolation(given: Given): Promise<Way> {
  const { generator, number, choices } = given;
  const { spherical } = await import('../inference/points.js');
  const { count: many = USUAL.way } = choices;
  if (many < 2) throw usageError(`a way has two ends: expected --count 2 or more, got ${many}`);
  const classes = classesToShow(generator, number);
  const [a, b] = await endsOf(given);
  const points = classes.flatMap((shown) =>
    Array.from({ length: many }, (_, i) => ({ vector: spherical(a, b, i / (many - 1)), class: shown })),
  );
  return { points, draw: (pictures) => [stackGrid(pictures.map(alone), { across: many })] };
}

/** The class that was asked for, or each that the model knows. */
function classesToShow({ classes }: Generator, number: number | undefined): readonly (number | undefined)[] {
  if (number !== undefined || classes.length === 0) return [number];
  if (classes.length > CLASSES)
    throw usageError(
      `this model knows ${classes.length} classes, too many to show each: choose with --class, such as ${classes[0]}`,
    );
  return [...classes.keys()];
}

/** Vectors of two seeds, or of two images. */
async function endsOf(given: Given): Promise<readonly [Float32Array, Float32Array]> {
  const { generator, path, compute, choices } = given;
  const { randomVector } = await import('../inference/points.js');
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
  const predictor = await load(path, { ...compute, once: true });
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
export async function walk(given: Given): Promise<Way> {
  expectSampled(given);
  const { generator, number, choices } = given;
  const { randomPoints, spherical } = await import('../inference/points.js');
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
