/** A person's files as images to learn from. */
import type { Splits } from '../../../src/data/numbered.js';
import { dataset } from '../../../src/data/numbered.js';
import type { Decoded, Size } from '../../../src/data/pixels.js';
import { resample } from '../../../src/data/resample.js';
import { holdOut } from '../../../src/data/split.js';
import { UserError } from '../../../src/errors.js';
import { VALIDATION } from '../../../src/train/settle.js';
import { decodedFor } from '../../../src/web-folder/page/prepare.js';
import { Problem } from '../../../src/web-folder/page/problem.js';
import type { ClassFiles, News } from './messages.js';

export interface ReadImages {
  readonly splits: Splits;
  /** Median height and width. */
  readonly own: readonly [height: number, width: number];
  readonly images: ReadonlyMap<string, Decoded>;
}

/** Files that are read at the same time: browsers decode on threads of their own. */
const TOGETHER = 4;

interface Reading {
  readonly side: number;
  readonly seed: number;
  readonly tell: (news: News) => void;
  /** Whether classes are to be told apart; of images without any, all are one. */
  readonly labelled: boolean;
}

/** Reads every file once; those that cannot be read are told of and left out. */
export async function readImages(
  classes: readonly ClassFiles[],
  { side, seed, tell, labelled }: Reading,
): Promise<ReadImages> {
  const files = inOrder(classes);
  const images = new Map<string, Decoded>();
  let [next, done] = [0, 0];
  const reader = async () => {
    for (let one = files[next++]; one; one = files[next++]) {
      const { path, file } = one;
      try {
        images.set(path, await keptImage(file, side));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        tell({ kind: 'skipped', file: path });
      }
      tell({ kind: 'reading', done: ++done, of: files.length });
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, reader));
  const read = files.filter(({ path }) => images.has(path));
  const labels = Int32Array.from(read, ({ label }) => label);
  const names = namesOf(classes);
  const empty = names.find((_, label) => !labels.includes(label));
  if (empty !== undefined)
    throw new UserError(
      `no image${labelled ? ` of the class ${empty}` : ''} could be read; give some in a format that this browser knows`,
      labelled ? 'unreadable-class' : 'unreadable-images',
    );
  const paths = read.map(({ path }) => path);
  const source = { kind: 'files', root: '', paths, ...(labelled && { labels }) } as const;
  const known = labelled ? names : [];
  const { train, validation } = holdOut(source, { fraction: VALIDATION, seed });
  const splits = {
    train: dataset('images', train, known),
    validation: dataset('held-out images', validation, known),
    warnings: [],
  };
  return { splits, own: usualSize([...images.values()].map(({ full }) => full)), images };
}

const byCodePoint = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const namesOf = (classes: readonly ClassFiles[]) => classes.map(({ name }) => name).sort(byCodePoint);

/** Classes and files in the order of the command line, so that the same seed holds out the same images. */
function inOrder(classes: readonly ClassFiles[]) {
  const names = namesOf(classes);
  return names.flatMap((name, label) =>
    [...classes.find((one) => one.name === name)!.files]
      .sort((a, b) => byCodePoint(a.path, b.path))
      .map(({ path, file }) => ({ path: name === '' ? path : `${name}/${path}`, file, label })),
  );
}

/** Images are kept at up to this many times the side that the network sees: enough for crops, and thousands fit into memory. */
const SPARE = 2;

async function keptImage(file: Blob, side: number): Promise<Decoded> {
  const whole = { size: [side, side], channels: 3, cropRatio: 1, interpolation: 'bilinear' } as const;
  const image = await decodedFor(file, whole);
  const { height, width } = image;
  const factor = Math.min(height, width) / (SPARE * side);
  if (factor <= 1) return image;
  const size = [Math.round(height / factor), Math.round(width / factor)] as const;
  const box = { top: 0, left: 0, height, width };
  return { ...image, data: resample(image, { box, size, interpolation: 'bilinear' }), height: size[0], width: size[1] };
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

const usualSize = (sizes: readonly Size[]) =>
  [median(sizes.map(({ height }) => height)), median(sizes.map(({ width }) => width))] as const;
