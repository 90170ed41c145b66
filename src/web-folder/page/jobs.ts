/** What the page asks of its worker, and what comes back. */
import type { Preprocessing } from '../../data/transforms.js';

/** Numbers of a batch; what is sent away is gone from here. */
export interface Fed {
  /** Name of the graph's input. */
  readonly input: string;
  readonly dtype: 'uint8' | 'float32';
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array;
}

export interface Jobs {
  /** Opens the engine and the network. */
  readonly open: {
    readonly asked: { readonly module: string; readonly code: ArrayBuffer; readonly model: ArrayBuffer };
    readonly answer: { readonly threads: number };
  };
  /** An image file as the network sees it, [h, w, c]. */
  readonly prepare: {
    readonly asked: { readonly file: Blob; readonly preprocessing: Preprocessing };
    readonly answer: Uint8Array;
  };
  /** The network's only output. */
  readonly run: {
    readonly asked: Fed;
    readonly answer: { readonly data: Uint8Array | Float32Array; readonly milliseconds: number };
  };
}
export type JobName = keyof Jobs;

export interface Asked<N extends JobName = JobName> {
  readonly number: number;
  readonly job: N;
  readonly asked: Jobs[N]['asked'];
}

export interface Answered {
  readonly number: number;
  readonly answer?: Jobs[JobName]['answer'];
  /** In words, where there is no answer. */
  readonly problem?: string;
}
