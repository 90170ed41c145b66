/** How long a training is, and its learning rates over that time (src/train/learning-rates.ts). */
import { option } from './command.js';
import { count, natural, nonNegative, positive, positives, properShare, time } from './values.js';

const group = 'Learning';

export const lengthOptions = {
  epochs: option('--epochs <n>', 'rounds through the images', {
    parse: count,
    usual: '20 to classify, 30 to reconstruct or by a vae, 60 by a gan',
    group,
  }),
  time: option('--time <duration>', 'after which to end, in place of epochs: 90s, 10m, 2h', {
    parse: time,
    usual: 'as long as the epochs take',
    group,
  }),
  patience: option('--patience <epochs>', 'end early when that many have brought nothing better', {
    parse: count,
    usual: 'no early end',
    group,
  }),
};

export const rateOptions = {
  learningRate: option('--lr <rate>', 'peak of the learning rate', {
    parse: positive,
    usual: 'by sgd 0.1 and by muon 0.01 for a batch of 64, in proportion to the batch; by adamw 0.001',
    group,
  }),
  schedule: option('--schedule <name>', 'how the learning rate falls', {
    choices: ['cosine', 'step', 'constant', 'one-cycle', 'plateau'] as const,
    usual: 'one-cycle to classify, constant by a gan, else cosine',
    group,
  }),
  milestones: option('--milestones <epochs,…>', 'of the schedule step: after which the rate falls', {
    parse: positives,
    usual: 'a third and two thirds of all',
    group,
  }),
  rateFactor: option('--lr-factor <f>', 'of step and plateau: what the rate is multiplied by when it falls', {
    parse: properShare,
    usual: '0.1',
    group,
  }),
  ratePatience: option('--lr-patience <epochs>', 'of plateau: without progress before the rate falls', {
    parse: natural,
    usual: '5',
    group,
  }),
  leastRate: option('--min-lr <rate>', 'of cosine: where the rate ends', {
    parse: nonNegative,
    usual: '0',
    group,
  }),
  warmup: option('--warmup <epochs>', 'over which the learning rate rises', {
    parse: nonNegative,
    usual: '30 % of all by one-cycle, none of a constant rate, else a twentieth of all, at most 5',
    group,
  }),
};
