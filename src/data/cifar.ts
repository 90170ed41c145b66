import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { checkLabels, type KnownFormat, numbered, readWhole } from './raster-file.js';
import type { RasterSource } from './source.js';

/** The binary versions, https://www.cs.toronto.edu/~kriz/cifar.html: records of label bytes, then 1,024 each of R, G, B. */
interface Layout {
  readonly train: RegExp;
  readonly test: RegExp;
  /** Class names, one a line. */
  readonly names: string;
  /** Label bytes of a record; the last one counts (CIFAR-100: coarse, fine). */
  readonly labelBytes: number;
}

const LAYOUTS: readonly Layout[] = [
  { train: /^data_batch_\d+\.bin$/, test: /^test_batch\.bin$/, names: 'batches.meta.txt', labelBytes: 1 },
  { train: /^train\.bin$/, test: /^test\.bin$/, names: 'fine_label_names.txt', labelBytes: 2 },
];

const SIDE = 32;
const PLANE = SIDE * SIDE;

/** All records of `files` as one source: planes [3, h, w] become pixels [h, w, 3]. */
async function readPart(
  files: readonly string[],
  { labelBytes, name }: { labelBytes: number; name: string },
): Promise<RasterSource & { labels: Int32Array }> {
  const record = labelBytes + 3 * PLANE;
  const parts = await Promise.all(files.map(readWhole));
  for (const [at, part] of parts.entries())
    if (part.length === 0 || part.length % record !== 0)
      throw new UserError(
        `${files[at]}: expected records of ${record} bytes, but its ${part.length} bytes are no multiple of that; fetch the file again.`,
      );
  const bytes = Buffer.concat(parts);
  const count = bytes.length / record;
  const pixels = new Uint8Array(new SharedArrayBuffer(count * 3 * PLANE));
  const labels = new Int32Array(count);
  for (let n = 0, to = 0; n < count; n++) {
    const start = n * record + labelBytes;
    labels[n] = bytes[start - 1] as number;
    for (let at = start; at < start + PLANE; at++) {
      pixels[to++] = bytes[at] as number;
      pixels[to++] = bytes[at + PLANE] as number;
      pixels[to++] = bytes[at + 2 * PLANE] as number;
    }
  }
  return { kind: 'raster', name, pixels, height: SIDE, width: SIDE, channels: 3, labels };
}

const cifar = ({ train, test, names: namesFile, labelBytes }: Layout): KnownFormat => ({
  recognises: ({ others }) => others.some((name) => train.test(name)),
  async read(root, names) {
    const matching = (pattern: RegExp) =>
      names
        .filter((name) => pattern.test(name))
        .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
        .map((name) => join(root, name));
    const part = async (split: string, pattern: RegExp) => {
      const files = matching(pattern);
      return files.length > 0
        ? await readPart(files, { labelBytes, name: `${basename(resolve(root))} ${split}` })
        : undefined;
    };
    const training = await part('train', train);
    if (!training) throw new UserError(`${root}: expected files like ${train.source}.`);
    const judging = await part('test', test);
    const listed = names.includes(namesFile) ? (await readWhole(join(root, namesFile))).toString('utf8') : '';
    const named = listed.split(/\r?\n/).filter((line) => line.trim() !== '');
    const classes = named.length > 0 ? named : numbered(Math.max(...new Set(training.labels)) + 1);
    for (const { labels, name } of [training, ...(judging ? [judging] : [])]) checkLabels(labels, classes, name);
    return { classes, splits: { train: training, ...(judging && { test: judging }) }, warnings: [] };
  },
});

/** The Python versions hold pickles, which only Python should open: say so rather than 'no images'. */
const PICKLED: KnownFormat = {
  recognises: ({ others }) =>
    others.includes('data_batch_1') || (others.includes('meta') && others.includes('file.txt~')),
  read: async (root) => {
    throw new UserError(
      `${root} holds the Python version of CIFAR. Fetch the binary version (data_batch_1.bin, … or train.bin) instead.`,
    );
  },
};

/** CIFAR-10 and CIFAR-100. */
export const CIFAR: readonly KnownFormat[] = [...LAYOUTS.map(cifar), PICKLED];
