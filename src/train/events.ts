import type { Skipped } from '../data/batches.js';
import type { BatchChoice } from './batch-size.js';
import type { TimeChoice } from './pace.js';
import type { EpochRecord } from './report/index.js';

/** What a training tells while it runs. */
export interface TrainEvents {
  /** While shards that have no index are read through. */
  onShard?(done: number, of: number, name: string): void;
  /** When a batch was chosen to fit into memory. */
  onBatchChosen?(choice: BatchChoice): void;
  /** When epochs were chosen to end in time. */
  onTimePlanned?(choice: TimeChoice): void;
  /** After planning, before the first step. */
  onStart?(start: StartEvent): void;
  onStep?(step: StepEvent): void;
  /** While validating. */
  onValidate?(done: number, of: number): void;
  onEpoch?(record: EpochRecord, best: boolean): void;
  /** Images that could not be read, each told once. */
  onSkipped?(skipped: readonly Skipped[]): void;
}

/** The processes that train together. */
export interface Processes {
  /** What joins them: `Open MPI v4.1.4`. */
  readonly library: string;
  /** By rank. */
  readonly members: readonly { readonly host: string; readonly pid: number }[];
}

/** What is known before the first step. */
export interface StartEvent {
  /** `resnet18 on flowers` */
  readonly title: string;
  readonly epochs: number;
  /** Per epoch. */
  readonly batches: number;
  readonly trainImages: number;
  readonly validationImages: number;
  /** Learned numbers of the network. */
  readonly parameters: number;
  /** That train together; absent where one trains alone. */
  readonly processes?: Processes;
  /** Steps already taken: 0 but for a resumed run. */
  readonly step: number;
  /** About the data. */
  readonly warnings: readonly string[];
}

/** What a step tells. */
export interface StepEvent {
  readonly epoch: number;
  /** Batch of the epoch, from 1. */
  readonly batch: number;
  readonly batches: number;
  /** Means over the epoch so far. */
  readonly loss: number;
  readonly accuracy?: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** Until the end of the whole training, in seconds. */
  readonly secondsLeft: number;
  /** Share of the epoch's time spent waiting for images. */
  readonly waiting: number;
}
