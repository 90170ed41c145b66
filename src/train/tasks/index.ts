import type { TrainConfig } from '../config.js';
import { classify } from './classify.js';
import { generate } from './generate.js';
import { reconstruct } from './reconstruct.js';
import type { Task } from './task.js';

export type { Evaluation, Judges, Objective, Tally, Task } from './task.js';

export const tasks: { readonly [T in TrainConfig['task']]: Task } = {
  classify,
  reconstruct,
  generate,
};
