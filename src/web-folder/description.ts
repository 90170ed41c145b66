/** What stands in model.json of a web folder: all that its page knows of the model. Types alone, for the program and for browsers. */
import type { Preprocessing } from '../data/transforms.js';

/** A file that the page fetches, relative to the folder. */
export interface FetchedFile {
  readonly path: string;
  /** Its size, so that a page can tell how much is still to come, and whether all came. */
  readonly bytes: number;
  /** SHA-256 in 64 hexadecimal digits. */
  readonly sha256: string;
}

export interface PageDescription {
  readonly format: 1;
  readonly task: 'classify' | 'reconstruct' | 'generate';
  readonly name: string;
  readonly classes: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly metrics: Readonly<Record<string, number>>;
  /** Length of the vectors that a model makes images of, without the classes behind them. */
  readonly latent?: number;
  /** Takes `images` uint8 [n, h, w, c], or `vectors` float32 [n, latent + classes] where it makes images of these. */
  readonly model: FetchedFile;
  /** ONNX Runtime for browsers: its module, and its code. */
  readonly engine: { readonly module: string; readonly code: FetchedFile };
}
