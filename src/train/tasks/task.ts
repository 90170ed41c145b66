import type { Batch } from '../../data/task.js';
import type { Graph, Value } from '../../graph/index.js';
import type { Network } from '../../models/index.js';
import type { Chance } from '../../nn/index.js';
import type { Tensors } from '../../runtime/tensor.js';
import type { Model, Preprocessing } from '../../weights/model.js';
import type { TrainConfig } from '../config.js';
import type { PartConfig } from '../share.js';

/** What a forward pass in training mode gives the optimiser. */
export interface Objective {
  readonly loss: Value;
  /** More results to fetch at every step. */
  readonly outputs: Readonly<Record<string, Value>>;
  /** New values of running statistics. */
  readonly tracked: ReadonlyMap<string, Value>;
  /** What is to be drawn for every step, by the name of the input. */
  readonly chances: ReadonlyMap<string, Chance>;
  /** Values between the network's stages. */
  readonly boundaries: readonly Value[];
}

/** Models whose weights stand in the graph of a training, and stay as they are. */
export interface Judges {
  /** Whose features a perceptual loss compares. */
  readonly classifier?: Model | undefined;
  /** Whose answers a classifier is to give. */
  readonly teacher?: Model | undefined;
}

/** Where a step stands in its training. */
export interface StepPlace {
  /** Counts from 0. */
  readonly step: number;
  /** Batches of an epoch; undefined in a trial, which has no epochs. */
  readonly batches: number | undefined;
}

/** Figures of a set of images by name, and for classifiers who was taken for whom. */
export interface Evaluation {
  readonly images: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Rows true, columns predicted. */
  readonly confusion?: readonly (readonly number[])[];
}

/** Gathers an evaluation batch by batch. */
export interface Tally {
  add(batch: Batch, outputs: Tensors): void;
  /** All that was added, to be sent to another tally of this kind. */
  readonly sums: unknown;
  /** Adds what another tally of this kind has gathered. */
  absorb(sums: unknown): void;
  result(): Evaluation;
}

/** What is asked of a network: how to train for it, and how to judge it. */
export interface Task {
  readonly objective: (network: Network, config: PartConfig, judges: Judges) => Objective;
  /** What is fed beside the images and what chance draws. */
  readonly targets: (batch: Batch, config: TrainConfig, place: StepPlace) => Tensors;
  /** Images that came out right, where that can be counted while training. */
  readonly correct: (batch: Batch, outputs: Tensors) => number | undefined;
  /** The inference graph whose outputs the tally reads; images uint8 [n, h, w, c] go in as `images`. */
  readonly evaluation: (network: Network, setting: EvaluationSetting) => Graph;
  /** What the evaluation is fed beside the images. */
  readonly conditions?: (batch: Batch, setting: Conditioned) => Tensors;
  readonly tally: (classes: readonly string[]) => Tally;
}

/** What an evaluation depends on beside the images. */
export type Conditioned = Pick<TrainConfig, 'network' | 'classes' | 'batch' | 'judge'>;

export interface EvaluationSetting {
  readonly batch: number;
  readonly classes: readonly string[];
  readonly preprocessing: Preprocessing;
  /** Of the training under way, to be judged too. */
  readonly loss?: TrainConfig['loss'];
  readonly perceptual?: TrainConfig['perceptual'];
  readonly generation?: TrainConfig['generation'];
  readonly classifier?: Model | undefined;
  /** Whether a classifier also sees its images mirrored, and what it says of both is averaged. */
  readonly mirrored?: boolean | undefined;
}
