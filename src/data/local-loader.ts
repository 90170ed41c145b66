/** Batches made in the thread that asks for them: in the worker of a page, which has images as numbers already, and of a few images anywhere. */
import { type Batches, Epoch, type EpochOptions, type Epochs } from './epoch.js';
import type { Dataset } from './numbered.js';
import { type Decode, fill } from './samples.js';
import type { Task } from './task.js';

export class LocalLoader implements Epochs {
  /** @param decode finds the image of a path */
  constructor(private readonly decode: Decode) {}

  /** The same batches as `Loader` makes of the same images. */
  epoch(dataset: Dataset, options: EpochOptions): Batches {
    return new Epoch(dataset, options, {
      lanes: 1,
      fill: (task) => fill({ ...(task as Omit<Task<string>, 'keep'>), keep: false }, this.decode),
    });
  }
}
