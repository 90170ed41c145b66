/**
 * The samples of a shard by WebDataset's convention: files that follow each other under one name are a sample, and their
 * endings say what each is. https://github.com/webdataset/webdataset#the-webdataset-format
 */
import { type FileHandle, open } from 'node:fs/promises';
import { folderError } from '../folder-error.js';
import { isImage } from '../image-files.js';
import { packNames } from './names.js';
import type { ShardTable } from './table.js';
import { type Entry, shown, walkTar } from './walk.js';

/** `a/b.seg.png` is 'seg.png' of the sample 'a/b'. */
const NAME = /^((?:.*\/)?[^/.]+)\.([^/]+)$/s;
const KEY_LENGTH = 4096;
/** Of one image: more would not be a photograph. */
const IMAGE_BYTES = 2 ** 28;
/** Of a label with what stands beside it. */
const LABEL_BYTES = 2 ** 20;
const LABEL_LETTERS = 256;

const decoder = new TextDecoder();

/** What a label is under, in a .json. */
const LABEL_KEYS = ['label', 'cls', 'class'] as const;

function labelInJson(bytes: Uint8Array): string | undefined {
  try {
    const parsed: unknown = JSON.parse(decoder.decode(bytes));
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const found = LABEL_KEYS.map((key) => (parsed as { readonly [key: string]: unknown })[key]);
    const label = found.find((value) => typeof value === 'string' || Number.isInteger(value));
    return label === undefined ? undefined : `${label}`;
  } catch {
    return undefined;
  }
}

/** Ending -> the label in a file of it. */
const LABELS: { readonly [ending: string]: (bytes: Uint8Array) => string | undefined } = {
  cls: (bytes) => decoder.decode(bytes).trim(),
  json: labelInJson,
};

interface Sample {
  readonly key: string;
  image?: Entry;
  label?: string | undefined;
}

/** Why a sample cannot be used. */
function unusable(image: Entry | undefined, label: string | undefined): string | undefined {
  if (!image) return 'without an image';
  if (image.size > IMAGE_BYTES) return `larger than ${IMAGE_BYTES / 2 ** 20} MB`;
  if (label === undefined || (label !== '' && label.length <= LABEL_LETTERS)) return undefined;
  return `with a label that is empty or longer than ${LABEL_LETTERS} letters`;
}

/** Gathers samples as their files come. */
class Gathering {
  readonly offsets: number[] = [];
  readonly lengths: number[] = [];
  readonly labels: number[] = [];
  readonly keys: string[] = [];
  /** Label -> its number. */
  readonly texts = new Map<string, number>();
  /** What was left out, how often, and the first of it. */
  readonly left = new Map<string, { count: number; readonly first: string }>();
  #sample: Sample | undefined;

  add(entry: Entry, contents: Uint8Array | undefined): void {
    const [, key, ending] = NAME.exec(entry.name) ?? [];
    if (key === undefined || ending === undefined || key.length > KEY_LENGTH) return;
    if (this.#sample?.key !== key) {
      this.close();
      this.#sample = { key };
    }
    const sample = this.#sample as Sample;
    if (!ending.includes('.') && isImage(entry.name)) sample.image ??= entry;
    else if (contents) sample.label ??= LABELS[ending.toLowerCase()]?.(contents);
  }

  /** Ends the sample under way. */
  close(): void {
    const { key, image, label } = this.#sample ?? {};
    this.#sample = undefined;
    if (key === undefined) return;
    const why = unusable(image, label);
    if (why) this.#leave(why, key);
    if (why || !image) return;
    this.offsets.push(image.offset);
    this.lengths.push(image.size);
    this.labels.push(label === undefined ? -1 : this.#number(label));
    this.keys.push(key);
  }

  #number(label: string): number {
    const known = this.texts.get(label) ?? this.texts.size;
    this.texts.set(label, known);
    return known;
  }

  #leave(why: string, key: string): void {
    const known = this.left.get(why);
    if (known) known.count++;
    else this.left.set(why, { count: 1, first: shown(key) });
  }
}

const isLabel = ({ name, size }: Entry): boolean =>
  size <= LABEL_BYTES && Object.hasOwn(LABELS, NAME.exec(name)?.[2]?.toLowerCase() ?? '');

const opened = (path: string): Promise<FileHandle> =>
  open(path).catch((error) => {
    throw folderError(path, error);
  });

/**
 * Reads the headers and labels of a shard on a disk. What is cut off or damaged is told among the problems, and what comes
 * before it is used.
 * @throws UserError where the file cannot be read
 */
export async function scanShard(path: string, opening = opened(path)): Promise<ShardTable> {
  const file = await opening;
  try {
    const { size } = await file.stat();
    const found = new Gathering();
    const visit = found.add.bind(found);
    const broken = await walkTar(file, { size, wants: isLabel, visit }).catch((error) => {
      throw folderError(path, error);
    });
    found.close();
    const left = [...found.left].map(
      ([why, { count, first }]) => `${count === 1 ? 'a sample' : `${count} samples`} ${why}, such as ${first}`,
    );
    return {
      bytes: size,
      offsets: Float64Array.from(found.offsets),
      lengths: Uint32Array.from(found.lengths),
      labels: Int32Array.from(found.labels),
      texts: [...found.texts.keys()],
      keys: packNames(found.keys),
      problems: [...(broken ? [broken] : []), ...left],
    };
  } finally {
    await file.close();
  }
}
