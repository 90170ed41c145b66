/** Options by which a training differs from the plain one (src/train/extras.ts). */
import type { ExtraOptions } from '../train/extras.js';
import { flag, type OptionRow, option } from './command.js';
import { count, nonNegative, positive, properShare, shareAboveNone, shareBelowAll, weights } from './values.js';

const [learning, regularisation, transfer] = ['Learning', 'Regularisation', 'Transfer'];

export const extraOptions = {
  clipNorm: option('--clip-norm <norm>', 'the most that the norm of all gradients may be', {
    parse: nonNegative,
    usual: 'no limit',
    group: learning,
  }),
  averageDecay: option('--ema <decay>', 'judge and keep a running average of the weights, such as 0.999', {
    parse: shareBelowAll,
    usual: 'none, 0.999 by a gan',
    group: learning,
  }),
  accumulate: option(
    '--accumulate <parts>',
    'parts into which each batch is cut, computed one after the other, to save memory',
    { parse: count, usual: '1', group: learning },
  ),
  recompute: flag('--recompute', 'compute stages again for the backward pass: less memory, more time', {
    group: learning,
  }),
  syncBatchNorm: flag('--sync-bn', 'batch norms over the batches of all processes, under mpirun or srun', {
    group: learning,
  }),
  classWeights: option('--class-weights <weights>', 'classify: balanced, or a number for each class', {
    parse: weights,
    usual: 'all alike',
    group: learning,
  }),

  mixup: option('--mixup <alpha>', 'classify: blend images in pairs, by shares of Beta(alpha, alpha)', {
    parse: nonNegative,
    usual: 'no',
    group: regularisation,
  }),
  cutmix: option('--cutmix <alpha>', 'classify: rectangles of other images; with --mixup one of both by chance', {
    parse: nonNegative,
    usual: 'no',
    group: regularisation,
  }),
  stochasticDepth: option('--stochastic-depth <probability>', 'of leaving out the last block', {
    parse: shareBelowAll,
    usual: '0',
    group: regularisation,
  }),
  dropout: option('--dropout <probability>', 'of leaving out a feature before the last layer', {
    parse: shareBelowAll,
    usual: '0',
    group: regularisation,
  }),
  zeroGamma: flag('--zero-gamma', 'let residual branches begin as nothing', { group: regularisation }),

  from: option('--from <model>', 'begin with its weights, as far as they fit; an ONNX classifier gets a new head', {
    group: transfer,
  }),
  freeze: option('--freeze <stages>', 'leave so many first stages as they are', { parse: count, group: transfer }),
  freezeEpochs: option('--freeze-epochs <n>', 'how many epochs --freeze lasts', {
    parse: count,
    usual: 'all',
    group: transfer,
  }),
  layerDecay: option('--layer-decay <factor>', 'of the learning rate from each stage to the one before', {
    parse: properShare,
    usual: 'none',
    group: transfer,
  }),
  teacher: option('--teacher <model>', 'classify: learn from its answers too', { group: transfer }),
  teacherWeight: option(
    '--teacher-weight <share>',
    "share of the teacher's answers in the loss; the labels have the rest",
    { parse: shareAboveNone, usual: '0.5', group: transfer },
  ),
  temperature: option('--temperature <t>', 'by which logits of teacher and network are divided', {
    parse: positive,
    usual: '4',
    group: transfer,
  }),
} satisfies { readonly [K in keyof ExtraOptions]-?: OptionRow };
