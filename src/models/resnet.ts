/** ResNet: image [n, c, h, w] -> logits [n, classes]. Deep Residual Learning, https://arxiv.org/abs/1512.03385 */
import { flatten, maxPool, pad, slice } from '../graph/index.js';
import {
  dense,
  dropout,
  glorot,
  type Initialiser,
  type Layer,
  named,
  padsOf,
  pooled,
  residual,
  type Size,
  sequential,
  stage,
  torchLinear,
} from '../nn/index.js';
import { type Given, validated } from '../schema.js';
import { ResNetConfig } from './config.js';
import type { Network } from './network.js';
import { depthOf, type Row, reducedSize, reductionOf, stagesOf, stems } from './rows.js';
import { describeSetting, type GivenSetting, settingOf } from './settings.js';
import { bareUnitOf, forwards, type Names, type Unit, unitOf } from './unit.js';

interface BlockNames {
  readonly block: string;
  readonly left: (position: number) => Names;
  readonly right: Names;
}

/** What sets the variants apart; everything else they share. */
interface Variant {
  readonly units: { readonly [N in ResNetConfig['norm']]: Unit };
  readonly fc: Initialiser;
  readonly stem: (reduced: readonly [number, number]) => {
    readonly kernel: Size;
    readonly stride: number;
    readonly pool: number;
  };
  readonly stemNames: Names;
  /** ReLU at the end of a basic block's left branch too. */
  readonly reluBeforeSum: boolean;
  readonly names: (stage: number, block: number) => BlockNames;
  /** Whether the right branch of a block is a projection where shortcuts are of kind B. */
  readonly projects: (row: Row, block: number) => boolean;
}

const changes = ({ from, to, stride }: Row) => from !== to || stride !== 1;

const imagenet: Variant = {
  units: { batch: unitOf(forwards()), none: bareUnitOf(forwards({ bias: true })) },
  fc: torchLinear,
  stem: () => stems.imagenet,
  stemNames: ['conv1', 'bn1'],
  reluBeforeSum: false,
  // torchvision's names, so that files travel to Python and back
  names: (stage, block) => {
    const scope = `layer${stage + 1}.${block}`;
    return {
      block: scope,
      left: (position) => [`${scope}.conv${position}`, `${scope}.bn${position}`],
      right: [`${scope}.downsample.0`, `${scope}.downsample.1`],
    };
  },
  projects: changes,
};

const articleConvolution = forwards({ padding: 'same', bias: true, initial: glorot });

const variants: { readonly [V in ResNetConfig['variant']]: Variant } = {
  imagenet,
  cifar: { ...imagenet, stem: () => stems.cifar },
  article: {
    units: {
      batch: unitOf(articleConvolution, {
        epsilon: 1e-6,
        momentum: 0.01, // TensorFlow counts the other share: 0.99
        per: 'position',
        unbiased: false,
      }),
      none: bareUnitOf(articleConvolution),
    },
    fc: glorot,
    stem: (reduced) => ({ kernel: reduced, stride: 2, pool: 2 }),
    stemNames: ['conv1.conv', 'conv1.bn'],
    reluBeforeSum: true,
    names: (stage, block) => {
      const prefix = `res_${stage}_${block}`;
      const unit = (name: string): Names => [`${prefix}_${name}.conv`, `${prefix}_${name}.bn`];
      return { block: prefix, left: (position) => unit(`left_myconv${position}`), right: unit('right_myconv') };
    },
    projects: (_, block) => block === 0,
  },
};

/** Option A: every other pixel, new channels filled with zeros, half of them before and half behind. */
const paddedIdentity =
  ({ from, to, stride }: Row): Layer =>
  (x) => {
    const seen =
      stride === 1
        ? x
        : slice(
            x,
            [2, 3].map((axis) => ({ axis, start: 0, end: Number.POSITIVE_INFINITY, step: stride })),
          );
    const before = Math.floor((to - from) / 2);
    return pad(seen, [0, before, 0, 0, 0, to - from - before, 0, 0]);
  };

/** Where a block stands: its stage, its number within it, and its depth in the network from 0 to 1. */
interface Place {
  readonly stage: number;
  readonly index: number;
  readonly depth: number;
}

function block(
  variant: Variant,
  { setting, stride: place, shortcut, norm }: ResNetConfig,
  { stage, index, depth }: Place,
  row: Row,
): Layer {
  const unit = variant.units[norm];
  const { width, to, stride } = row;
  const names = variant.names(stage, index);
  const first = setting.bottleneck && (place === 'first' || variant === variants.article);
  const left = setting.bottleneck
    ? [
        unit(names.left(1), width, 1, { stride: first ? stride : 1 }),
        unit(names.left(2), width, 3, { stride: first ? 1 : stride }),
        unit(names.left(3), to, 1, { relu: false, endsBranch: true }),
      ]
    : [
        unit(names.left(1), to, 3, { stride }),
        // a branch that ends in ReLU would never leave zero
        unit(names.left(2), to, 3, { relu: variant.reluBeforeSum, endsBranch: !variant.reluBeforeSum }),
      ];
  const projection = unit(names.right, to, 1, { stride, relu: false });
  const shortcuts: { readonly [S in ResNetConfig['shortcut']]: readonly Layer[] } = {
    A: changes(row) ? [paddedIdentity(row)] : [],
    B: variant.projects(row, index) ? [projection] : [],
    C: [projection],
  };
  return residual({ name: names.block, left, right: shortcuts[shortcut], depth });
}

/** What the last maps become before the dense layer, each under its name in the summary. */
const poolings: { readonly [P in ResNetConfig['pooling']]: readonly [name: string, layer: Layer] } = {
  average: ['avgpool', pooled],
  none: ['flatten', (x) => flatten(x)],
};

export type ResNetOptions = Omit<Given<typeof ResNetConfig>, 'kind' | 'setting'>;

/**
 * A ResNet by its name (`'RESNET50'`, `'cifar-resnet20'`) or setting `{ bottleneck, repeats }`.
 * Input [n, channels, h, w], output logits [n, classes].
 * @throws UserError for unknown names, options out of range, or a size that the stages do not halve evenly.
 */
export function resnet(given: string | GivenSetting, options: ResNetOptions = {}): Network<ResNetConfig> {
  const setting = settingOf(given);
  const cifarFamily = typeof given === 'string' && /cifar/i.test(given);
  const config = validated(
    ResNetConfig,
    { ...(cifarFamily && { variant: 'cifar', size: 32, classes: 10 }), ...options, setting },
    'ResNet options',
  );
  const variant = variants[config.variant];
  const reduction = reductionOf(setting, variant.stem([1, 1]));
  const reduced = reducedSize(config.size, reduction);
  const { kernel, stride, pool } = variant.stem(reduced);
  const stem = sequential(
    variant.units[config.norm](variant.stemNames, setting.width, kernel, { stride }),
    ...(pool > 1
      ? [named('maxpool', (x) => maxPool(x, { kernel_shape: pool, strides: 2, pads: padsOf('centre', pool, 2, []) }))]
      : []),
  );
  const rows = stagesOf(setting);
  const before = (stage: number) => rows.slice(0, stage).flat().length;
  const stages = rows.map((own, number) =>
    stage(
      sequential(
        ...(number === 0 ? [stem] : []),
        ...own.map((row, index) => {
          const depth = depthOf(before(number) + index, rows.flat().length);
          return block(variant, config, { stage: number, index, depth }, row);
        }),
      ),
    ),
  );
  const embed = sequential(...stages, named(...poolings[config.pooling]));
  return {
    config,
    name: describeSetting(setting),
    input: [config.channels, ...config.size],
    embed,
    stages,
    forward: sequential(embed, named('fc', sequential(dropout, dense(config.classes, { initial: variant.fc })))),
  };
}
