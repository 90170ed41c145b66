/** Options by which a training differs from the plain one (src/train/extras.ts). */
import type { ExtraOptions } from '../train/extras.js';
import { flag, type OptionRow, option } from './command.js';
import { count, positive, share, weights } from './values.js';

const [learning, regularisation, transfer] = ['Learning', 'Regularisation', 'Transfer'];

export const extraOptions = {
  clipNorm: option('--clip-norm <norm>', 'the most that the norm of all gradients may be', {
    parse: positive,
    usual: 'no limit',
    group: learning,
  }),
  averageDecay: option('--ema <decay>', 'judge and keep a running average of the weights, such as 0.999', {
    parse: share,
    usual: 'none, 0.999 by a gan',
    group: learning,
  }),
  accumulate: option('--accumulate <parts>', 'of a batch, one after the other, to save memory', {
    parse: count,
    usual: '1',
    group: learning,
  }),
  recompute: flag('--recompute', 'stages once more for the backward pass, to save memory', { group: learning }),
  syncBatchNorm: flag('--sync-bn', 'batch norms over the batches of all processes, under mpirun or srun', {
    group: learning,
  }),
  classWeights: option('--class-weights <weights>', 'classify: balanced, or a number for each class', {
    parse: weights,
    usual: 'all alike',
    group: learning,
  }),

  mixup: option('--mixup <alpha>', 'classify: blend images in pairs, by shares of Beta(alpha, alpha)', {
    parse: positive,
    usual: 'no',
    group: regularisation,
  }),
  cutmix: option('--cutmix <alpha>', 'classify: rectangles of other images; with --mixup one of both by chance', {
    parse: positive,
    usual: 'no',
    group: regularisation,
  }),
  stochasticDepth: option('--stochastic-depth <probability>', 'of leaving out the last block', {
    parse: share,
    usual: '0',
    group: regularisation,
  }),
  dropout: option('--dropout <probability>', 'of leaving out a feature before the last layer', {
    parse: share,
    usual: '0',
    group: regularisation,
  }),
  zeroGamma: flag('--zero-gamma', 'let residual branches begin as nothing', { group: regularisation }),

  from: option('--from <model>', 'begin with its weights, as far as they fit; an ONNX classifier gets a new head', {
    group: transfer,
  }),
  freeze: option('--freeze <stages>', 'leave so many first stages as they are', { parse: count, group: transfer }),
  freezeEpochs: option('--freeze-epochs <n>', 'for so many epochs', { parse: count, usual: 'all', group: transfer }),
  layerDecay: option('--layer-decay <factor>', 'of the learning rate from each stage to the one before', {
    parse: share,
    usual: 'none',
    group: transfer,
  }),
  teacher: option('--teacher <model>', 'classify: learn from its answers too', { group: transfer }),
  teacherWeight: option('--teacher-weight <share>', 'what they count beside the labels', {
    parse: share,
    usual: '0.5',
    group: transfer,
  }),
  temperature: option('--temperature <t>', 'how much answers are softened', {
    parse: positive,
    usual: '4',
    group: transfer,
  }),
} satisfies { readonly [K in keyof ExtraOptions]-?: OptionRow };
