/** The part of one of several processes in a training. */
import type { Share } from '../data/share.js';
import type { TrainConfig } from './config.js';

export type { Share } from '../data/share.js';

/** Of one process. */
export const WHOLE: Share = { rank: 0, size: 1 };

/** What goes through the network at once, in one process. */
export interface PartConfig extends TrainConfig {
  /** Processes whose batch norms take their statistics together; 1 by default. */
  readonly ranks?: number;
}

/** The configuration as a process has it to do with: its part of every batch. */
export const shareOf = (config: TrainConfig, { size }: Share): TrainConfig => ({
  ...config,
  batch: config.batch / size,
});

/** The configuration of what goes through its network at once. */
export const partOf = (config: TrainConfig, { size }: Share): PartConfig => ({
  ...config,
  batch: config.batch / (size * (config.accumulate ?? 1)),
  ranks: config.syncBatchNorm ? size : 1,
});
