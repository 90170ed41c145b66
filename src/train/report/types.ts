/** An image as it was decoded. */
export interface Pixels {
  /** [h, w, c] */
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  /** 1 gray, 3 red green blue. */
  readonly channels: 1 | 3;
}

/** What one epoch brought. Values that are not finite leave a gap in the curves. */
export interface EpochRecord {
  /** Optimiser steps taken by its end. */
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch. */
  readonly trainLoss: number;
  /** Mean over the validation split. */
  readonly validationLoss: number;
  /** Top-1 on the validation split, 0 to 1. */
  readonly accuracy?: number;
  /** Top-5 on the validation split, 0 to 1. */
  readonly top5?: number;
  /** Mean over the validation split, in decibels. */
  readonly psnr?: number;
  /** Mean structural similarity over the validation split, up to 1. */
  readonly ssim?: number;
  /** The same over several scales. */
  readonly msSsim?: number;
  /** Mean squared error over the validation split, of values from 0 to 1. */
  readonly mse?: number;
  /** Mean absolute error over the validation split, likewise. */
  readonly l1?: number;
  /** Evidence lower bound of a variational autoencoder, whatever its beta: mean over the validation split, in nats. */
  readonly elbo?: number;
  /** What images cost in it: squared errors summed over pixels, mean over the validation split. */
  readonly reconstruction?: number;
  /** What latent vectors tell, in nats, before it is weighted: mean over the validation split. */
  readonly kl?: number;
  /** Mean score of a discriminator for the images of the validation split. */
  readonly realScore?: number;
  /** And for as many that were made. */
  readonly madeScore?: number;
  /** Fréchet distance of made images from the validation split. */
  readonly frechet?: number;
  /** At the end of the epoch. */
  readonly learningRate: number;
  /** While training. */
  readonly imagesPerSecond: number;
  /** Training and validation together. */
  readonly seconds: number;
}

/** What one optimiser step brought. */
export interface StepRecord {
  /** From 1, over the whole training. */
  readonly step: number;
  /** The epoch it belongs to, from 1. */
  readonly epoch: number;
  /** Of its batch, before the update. */
  readonly loss: number;
  /** Of adversaries, whose `loss` is the discriminator's: the generator's. */
  readonly generatorLoss?: number;
  /** Of all gradients together, before they were clipped; of a single network where they are. */
  readonly gradientNorm?: number;
  readonly learningRate: number;
  /** Mean of the epoch so far. */
  readonly imagesPerSecond: number;
}

/** How often each class was taken for each. */
export interface Confusion {
  readonly classes: readonly string[];
  /** [true class][predicted class] */
  readonly counts: readonly (readonly number[])[];
}

export interface Prediction {
  readonly image: Pixels;
  /** The true class. */
  readonly truth: string;
  /** Best first. */
  readonly top: readonly { readonly label: string; readonly probability: number }[];
}

export interface Reconstruction {
  readonly input: Pixels;
  readonly output: Pixels;
  readonly name?: string;
}

/** All that `report.html` shows. Parts that are absent or empty are left out of the page. */
export interface Report {
  readonly title: string;
  readonly task: 'classify' | 'reconstruct' | 'generate';
  /** The exact command line, ready to paste. */
  readonly command: string;
  /** Anything that JSON can hold. */
  readonly configuration: unknown;
  /** Versions, device, threads, … */
  readonly environment: Readonly<Record<string, string>>;
  /** The key figures, most important first. */
  readonly summary: readonly { readonly label: string; readonly value: string }[];
  readonly history: readonly EpochRecord[];
  /** What there is to say about it. */
  readonly note?: string;
  readonly steps?: readonly StepRecord[];
  readonly confusion?: Confusion;
  readonly predictions?: readonly Prediction[];
  readonly reconstructions?: readonly Reconstruction[];
  /** Images made of nothing, with the class that was asked for. */
  readonly samples?: readonly { readonly image: Pixels; readonly label?: string }[];
  /** Filters and matrices of the model by name, whose distributions are shown. */
  readonly weights?: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>>;
  readonly skipped?: readonly { readonly file: string; readonly reason: string }[];
}
