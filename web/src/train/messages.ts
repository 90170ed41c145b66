/** What the page and the worker that trains tell each other. */
import type { Pixels } from '../../../src/data/pixels.js';
import type { BrowserDevice } from '../../../src/runtime/browser/index.js';
import type { EpochEnded, MemoryOptions, Stepped } from '../../../src/train/in-memory.js';
import type { Why } from '../reasons.js';
import type { DeviceChoice } from '../ui/device.js';

export interface GivenFile {
  readonly path: string;
  readonly file: Blob;
}

/** Images of a class, named as a person knows them. */
export interface ClassFiles {
  readonly name: string;
  readonly files: readonly GivenFile[];
}

/** What is learned from: a person's images, by class or not, or some that the program draws. */
export type Source =
  | { readonly classes: readonly ClassFiles[] }
  | { readonly images: readonly GivenFile[] }
  | { readonly drawn: { readonly train: number; readonly validation: number; readonly seed: number } };

/** What is to be trained. */
export interface Wanted {
  /** Without epochs: as many as fit into the time. */
  readonly options: MemoryOptions;
  readonly seconds: number;
  readonly device: DeviceChoice;
}

/** How a model is written. */
export type ModelFormat = 'safetensors' | 'onnx';

export type Order =
  | ({
      readonly kind: 'begin';
      readonly source: Source;
      /** The page's address: the engines lie beside it, the worker elsewhere. */
      readonly page: string;
    } & Wanted)
  | { readonly kind: 'stop' | 'go' }
  | { readonly kind: 'model'; readonly id: number; readonly format: ModelFormat }
  | { readonly kind: 'ask'; readonly id: number; readonly file: Blob };

/** A device that does not compute, and why; what it said when it failed. */
export interface PassedOver extends Partial<Why> {
  readonly device: BrowserDevice;
  readonly why: 'absent' | 'software' | 'failed' | 'slower';
  /** How many times as long its steps take. */
  readonly times?: number;
}

/** Before the first step. */
export interface Begun {
  readonly kind: 'begun';
  readonly task: MemoryOptions['task'];
  readonly size: readonly [height: number, width: number];
  readonly classes: readonly string[];
  readonly trainImages: number;
  readonly validationImages: number;
  readonly epochs: number;
  /** Steps of an epoch. */
  readonly batches: number;
  /** Images of a step. */
  readonly batch: number;
  readonly device: BrowserDevice;
  readonly threads: number;
  readonly passedOver: readonly PassedOver[];
}

/** What the network makes of an image: probabilities of the classes, or what comes back. */
export interface Answer {
  readonly seen: Pixels;
  readonly probabilities?: readonly number[];
  readonly made?: Pixels;
}

export type News =
  | { readonly kind: 'reading'; readonly done: number; readonly of: number }
  | { readonly kind: 'skipped'; readonly file: string }
  | Begun
  | Stepped
  | EpochEnded
  | { readonly kind: 'stopped' | 'ended' }
  | { readonly kind: 'model'; readonly id: number; readonly bytes?: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'answer'; readonly id: number; readonly answer?: Answer }
  | ({ readonly kind: 'failed' } & Why);
