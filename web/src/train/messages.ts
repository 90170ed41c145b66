/** What the page and the worker that trains tell each other. */
import type { EngineFiles } from '../../../src/runtime/browser/opening.js';
import type { EpochEnded, MemoryOptions, Stepped } from '../../../src/train/in-memory.js';
import type { Why } from '../reasons.js';

/** Images of a class, named as a person knows them. */
export interface ClassFiles {
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly file: Blob }[];
}

/** What is learned from: a person's images, or some that the program draws. */
export type Source =
  | { readonly classes: readonly ClassFiles[] }
  | { readonly drawn: { readonly train: number; readonly validation: number; readonly seed: number } };

export type Order =
  | { readonly kind: 'begin'; readonly source: Source; readonly options: MemoryOptions; readonly engine: EngineFiles }
  | { readonly kind: 'stop' | 'go' | 'model' }
  | { readonly kind: 'classify'; readonly id: number; readonly file: Blob };

/** Before the first step. */
export interface Begun {
  readonly kind: 'begun';
  readonly size: readonly [height: number, width: number];
  readonly classes: readonly string[];
  readonly trainImages: number;
  readonly validationImages: number;
  readonly epochs: number;
  /** Steps of an epoch. */
  readonly batches: number;
  /** Images of a step. */
  readonly batch: number;
  readonly threads: number;
}

export type News =
  | { readonly kind: 'reading'; readonly done: number; readonly of: number }
  | { readonly kind: 'skipped'; readonly file: string }
  | Begun
  | Stepped
  | EpochEnded
  | { readonly kind: 'stopped' | 'ended' }
  | { readonly kind: 'model'; readonly bytes: Uint8Array<ArrayBuffer>; readonly epoch: number }
  | {
      readonly kind: 'classified';
      readonly id: number;
      readonly probabilities?: readonly number[];
      readonly reason?: string;
    }
  | ({ readonly kind: 'failed' } & Why);
