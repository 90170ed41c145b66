/** Where a run leaves its models; processes that only work for another's run have none. */

import type { Model } from '../weights/index.js';
import { type Checkpoint, writeBest, writeCheckpoint } from './checkpoint.js';
import type { Recorder } from './records/index.js';

export interface RunFiles {
  readonly recorder: Recorder;
  best(model: Model): Promise<void>;
  checkpoint(checkpoint: Checkpoint): Promise<void>;
}

export const runFiles = (folder: string, recorder: Recorder): RunFiles => ({
  recorder,
  best: (model) => writeBest(folder, model),
  async checkpoint(checkpoint) {
    await recorder.sync(); // a checkpoint counts on what was recorded before it
    await writeCheckpoint(folder, checkpoint);
  },
});
