import type { Batch } from '../../data/batches.js';
import type { Weights } from '../../weights/index.js';
import type { EpochRecord, StepRecord } from '../report/index.js';

/** Writes down what a training does while it does it. */
export interface Recorder {
  /** After an optimiser step on this batch. */
  step(record: StepRecord, batch: Batch): Promise<void>;
  /** After an epoch's validation. */
  epoch(record: EpochRecord, result: EpochResult): Promise<void>;
  /** Makes durable what was recorded: a checkpoint that follows counts on it. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface EpochResult {
  /** Figures of the validation by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Weights with running statistics, as the epoch left them. */
  readonly weights: Weights;
}
