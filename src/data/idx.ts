import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { checkLabels, type KnownFormat, numbered, readWhole } from './raster-file.js';
import type { RasterSource } from './source.js';

/** Official names ('train-images-idx3-ubyte.gz') and the ones some archives unpack to ('train-images.idx3-ubyte'). */
const nameOf = (part: 'train' | 't10k', content: 'images' | 'labels') =>
  new RegExp(`^${part}-${content}[-.]idx[13]-ubyte(\\.gz)?$`);

/**
 * An IDX file of unsigned bytes: magic 00 00 08 rank, big-endian sizes, then the data.
 * Format: "The MNIST database of handwritten digits", LeCun, Cortes, Burges, section "File formats".
 */
function parse(bytes: Buffer, { path, rank }: { path: string; rank: number }): { sizes: number[]; data: Uint8Array } {
  const start = 4 + 4 * rank;
  if (bytes.length < start || bytes.readUInt32BE(0) !== (0x08 << 8) + rank)
    throw new UserError(
      `${path}: expected an IDX file of bytes with ${rank} dimensions, but its header says otherwise.`,
    );
  const sizes = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const expected = sizes.reduce((product, size) => product * size, 1);
  const data = bytes.subarray(start);
  if (data.length !== expected)
    throw new UserError(
      `${path}: its header announces ${sizes.join(' x ')} = ${expected} bytes, but ${data.length} follow; fetch the file again.`,
    );
  return { sizes, data };
}

/** One split: images [n, h, w] and their labels [n]. */
async function readPart(
  root: string,
  names: readonly string[],
  part: 'train' | 't10k',
): Promise<(RasterSource & { labels: Int32Array }) | undefined> {
  const [imagesName, labelsName] = (['images', 'labels'] as const).map((content) =>
    names.find((name) => nameOf(part, content).test(name)),
  );
  if (!imagesName) return undefined;
  if (!labelsName)
    throw new UserError(`${root}: ${imagesName} is there, but its labels (${part}-labels-idx1-ubyte) are not.`);
  const [images, labels] = [
    parse(await readWhole(join(root, imagesName)), { path: join(root, imagesName), rank: 3 }),
    parse(await readWhole(join(root, labelsName)), { path: join(root, labelsName), rank: 1 }),
  ];
  const [count, height, width] = images.sizes as [number, number, number];
  if (count !== labels.sizes[0])
    throw new UserError(`${root}: ${imagesName} has ${count} images, but ${labelsName} has ${labels.sizes[0]} labels.`);
  if (images.data.length === 0) throw new UserError(`${join(root, imagesName)}: expected images, but there are none.`);
  const pixels = new Uint8Array(new SharedArrayBuffer(images.data.length));
  pixels.set(images.data);
  const name = `${basename(resolve(root))} ${part === 'train' ? 'train' : 'test'}`;
  return { kind: 'raster', name, pixels, height, width, channels: 1, labels: Int32Array.from(labels.data) };
}

/** MNIST and its kin: gray images whose classes have numbers for names. */
export const IDX: KnownFormat = {
  recognises: ({ others }) => others.some((name) => nameOf('train', 'images').test(name)),
  async read(root, names) {
    const train = await readPart(root, names, 'train');
    if (!train) throw new UserError(`${root}: expected train-images-idx3-ubyte among its files.`);
    const test = await readPart(root, names, 't10k');
    const classes = numbered(train.labels.reduce((most, label) => Math.max(most, label), 0) + 1);
    if (test) checkLabels(test.labels, classes, test.name);
    return { classes, splits: { train, ...(test && { test }) }, warnings: [] };
  },
};
