import type { Communicator } from '../communicator/index.js';
import type { Compression } from '../distributed/index.js';
import type { ComputeOptions } from '../runtime/index.js';
import type { TrainEvents } from './events.js';

/** Where and how to train, whatever is trained. Threads of the engine are divided among the processes of a machine. */
export interface RunOptions extends TrainEvents, Omit<ComputeOptions, 'precision'> {
  /** The processes that train together, as `openCommunicator` joins them; this one alone by default. */
  readonly communicator?: Communicator;
  /** How gradients travel between processes: in 16 bits, or by default in 32. */
  readonly compressGradients?: Compression;
  /** Threads that decode images. */
  readonly workers?: number;
  /** Stops after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** The command line, for the report. */
  readonly command?: string;
  /** Every which step is recorded; 1 by default. */
  readonly logEvery?: number;
  /** Whether to write event files for TensorBoard; by default only where a resumed run has them already. */
  readonly tensorboard?: boolean;
  /** Seconds between checkpoints within an epoch; 300 by default. */
  readonly checkpointSeconds?: number;
}
