/** Writing data sets as tar shards. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { permutation } from '../../random/index.js';
import { folderError, systemReason } from '../folder-error.js';
import type { Dataset, Splits } from '../numbered.js';
import { sharp } from '../sharp.js';
import { filePath, imageBytes, type RasterSource } from '../source.js';
import { writeWhole } from '../whole-file.js';
import { scanShard } from './scan.js';
import { SET_INDEX, type SetIndex } from './set-index.js';
import { tableName, tableText } from './table.js';
import { END, writeEntry } from './tar.js';

/** Where shards go, and how large they become. */
export interface WriteShardsOptions {
  /** The folder that they go to, made when absent; it must hold no shards yet. */
  readonly out: string;
  /** Bytes that a shard has at most, unless one image has more. Default 128 MB. */
  readonly shardBytes?: number;
  /** Images that a shard has at most; any number by default. */
  readonly perShard?: number;
  /** Of the order in which images are mixed, so that a shard has some of every class. Default 0. */
  readonly seed?: number;
  readonly onImage?: (done: number, of: number, shard: string) => void;
}

/** The index of shards that were written. */
export interface WrittenShards extends SetIndex {
  /** Path of the index. */
  readonly index: string;
}

/** One image as it goes into a shard. */
interface Stored {
  readonly key: string;
  readonly ending: string;
  readonly contents: Uint8Array;
  readonly label: number;
}

async function contentsOf({ source }: Dataset, index: number): Promise<Pick<Stored, 'ending' | 'contents'>> {
  if (source.kind === 'shards') throw new UserError('These images are in shards already.');
  if (source.kind === 'raster') return { ending: 'png', contents: await drawn(source, index) };
  const path = filePath(source, index);
  const contents = await readFile(path).catch((error) => {
    throw folderError(path, error);
  });
  return { ending: path.slice(path.lastIndexOf('.') + 1).toLowerCase(), contents };
}

const drawn = (source: RasterSource, index: number): Promise<Uint8Array> => {
  const { pixels, height, width, channels } = source;
  const bytes = imageBytes(source);
  return sharp(pixels.subarray(index * bytes, (index + 1) * bytes), { raw: { height, width, channels } })
    .png()
    .toBuffer();
};

/** What a sample is called: its path without endings, as WebDataset wants no other dots in the last part; its number otherwise. */
function keyOf({ source }: Dataset, index: number, used: Set<string>): string {
  if (source.kind !== 'files') return `${index}`.padStart(8, '0');
  const path = source.paths[index] as string;
  const slash = path.lastIndexOf('/') + 1;
  const dot = path.lastIndexOf('.');
  const key = `${path.slice(0, slash)}${path.slice(slash, dot).replaceAll('.', '_')}`;
  for (let n = 1, tried = key; ; tried = `${key}-${++n}`) {
    if (used.has(tried)) continue;
    used.add(tried);
    return tried;
  }
}

async function* stored(dataset: Dataset, seed: number): AsyncGenerator<Stored> {
  const used = new Set<string>();
  for (const index of permutation(dataset.length, seed, 'shard'))
    yield { key: keyOf(dataset, index, used), ...(await contentsOf(dataset, index)), label: dataset.label(index) };
}

function blocksOf({ key, ending, contents, label }: Stored): Uint8Array[] {
  const image = writeEntry(`${key}.${ending}`, contents);
  return [...image, ...(label < 0 ? [] : writeEntry(`${key}.cls`, new TextEncoder().encode(`${label}`)))];
}

/** The parts of a data set, by the first word of their shards' names. */
function partsOf({ train, validation, test }: Splits): readonly (readonly [string, Dataset])[] {
  const judged =
    validation === train ? [] : [[validation.name.endsWith(' test') ? 'test' : 'val', validation] as const];
  return [['train', train], ...judged, ...(test ? [['test', test] as const] : [])];
}

/**
 * Writes all images into tar shards that WebDataset reads too, each with an index beside it, and at last an index of them all:
 * `train-000000.tar`, `train-000000.index.json`, …, `shards.json`. The same images make the same bytes. Images in memory become PNGs.
 * @throws UserError where an image cannot be read, or the folder holds shards already
 */
export async function writeShards(splits: Splits, options: WriteShardsOptions): Promise<WrittenShards> {
  const { out, seed = 0, onImage } = options;
  await emptyFolder(out);
  const parts = partsOf(splits);
  const of = parts.reduce((sum, [, { length }]) => sum + length, 0);
  const shards: SetIndex['shards'] = [];
  let done = 0;
  for (const [part, dataset] of parts) {
    const images = stored(dataset, seed);
    let next = await images.next();
    for (let number = 0; !next.done; number++) {
      const name = `${part}-${`${number}`.padStart(6, '0')}.tar`;
      const one = fillShard(next.value, images, options, () => onImage?.(++done, of, name));
      await written(join(out, name), one.chunks());
      const table = await scanShard(join(out, name));
      await written(join(out, tableName(name)), tableText(table));
      shards.push({ name, samples: table.lengths.length, bytes: table.bytes });
      next = one.left();
    }
  }
  const index: SetIndex = { format: 1, classes: [...splits.train.classes], shards };
  await written(join(out, SET_INDEX), `${JSON.stringify(index, null, 2)}\n`);
  return { ...index, index: join(out, SET_INDEX) };
}

/** One shard's bytes, of images as long as they fit; then the first that does not. */
function fillShard(
  first: Stored,
  images: AsyncGenerator<Stored>,
  { shardBytes = 128e6, perShard = Number.POSITIVE_INFINITY }: WriteShardsOptions,
  onImage: () => void,
) {
  let next: IteratorResult<Stored> = { value: first };
  return {
    async *chunks() {
      let [bytes, count] = [0, 0];
      while (!next.done) {
        const blocks = Buffer.concat(blocksOf(next.value));
        bytes += blocks.length;
        if (count > 0 && (count >= perShard || bytes + END.length > shardBytes)) break;
        yield blocks;
        count++;
        onImage();
        next = await images.next();
      }
      yield END;
    },
    left: () => next,
  };
}

async function emptyFolder(out: string): Promise<void> {
  const names = await mkdir(out, { recursive: true })
    .then(() => readdir(out))
    .catch((error) => {
      throw new UserError(`Cannot write to ${out}: ${systemReason(error)}.`);
    });
  if (names.includes(SET_INDEX))
    throw new UserError(`${out} holds shards already; choose another folder, or remove them.`);
}

const written = (path: string, contents: string | AsyncIterable<Uint8Array>): Promise<void> =>
  writeWhole(path, contents).catch((error) => {
    throw error instanceof UserError ? error : new UserError(`Cannot write ${path}: ${systemReason(error)}.`);
  });
