/** What a format of `resmirror export` is: a row of the table in index.ts, and a file of its own that writes it. */
import type { Names } from '../../weights/export/state-dict.js';
import type { Model } from '../../weights/index.js';

/** What can be chosen besides the place; a row says which of these it understands. */
export interface Choices {
  /** Take bytes and prepare them inside. */
  readonly pixels?: boolean;
  /** Leave batch normalisations as they are. */
  readonly keepNorms?: boolean;
  /** In what numbers is stored and computed. */
  readonly precision?: 'fp32' | 'fp16' | 'int8';
  /** Folder of images that say which range 8-bit numbers have to span. */
  readonly calibrate?: string;
  /** What a server calls the model. */
  readonly name?: string;
  /** The most images that a server puts together. */
  readonly maxBatch?: number;
  /** Weights alone, without a description. */
  readonly bare?: boolean;
  /** Whose names the weights have. */
  readonly names?: Names;
}

/** Writes the whole file or folder, or none; resolves to its size in bytes where that is known. */
export type Write = (out: string, model: Model, choices: Choices) => Promise<number | undefined>;

export interface FormatRow {
  /** Before people, in the help: what is written. */
  readonly about: string;
  /** Endings of --out by which it is chosen; none for folders. */
  readonly endings: readonly string[];
  /** Where it goes if nothing is said. */
  readonly usual: string;
  readonly understands: readonly (keyof Choices)[];
  /** Only what is asked for is loaded. */
  readonly load: () => Promise<Write>;
  /** Said when it is written: what to do with it, where that is not plain. */
  readonly next?: (out: string) => string;
}
