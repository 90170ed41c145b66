import type { Runtime, Tensors } from '../runtime/index.js';
import { AdversarialTrainer } from './adversarial-trainer.js';
import type { Plan } from './plan.js';
import { Trainer, type Trains } from './trainer.js';

/** The trainer that a plan asks for. @param begun what a checkpoint holds, and the epoch to go on with */
export const trainerOf = (
  plan: Plan,
  runtime: Runtime,
  begun: { readonly given?: Tensors | undefined; readonly epoch?: number } = {},
): Promise<Trains> =>
  plan.config.generation?.kind === 'gan'
    ? AdversarialTrainer.create(plan, runtime, begun)
    : Trainer.create(plan, runtime, begun);
