/** ResNet: image [n, c, h, w] -> logits [n, classes]. Deep Residual Learning, https://arxiv.org/abs/1512.03385 */
import { averagePool, flatten, maxPool, pad, slice } from '../graph/index.js';
import {
  type ConvOptions,
  dense,
  dropout,
  glorot,
  type Initialiser,
  type Layer,
  type NormOptions,
  named,
  padsOf,
  pooled,
  type Size,
  sequential,
  stage,
  torchLinear,
} from '../nn/index.js';
import { type Given, validated } from '../schema.js';
import { type BlockPlan, type Blocks, blocksOf, type Part } from './block.js';
import { ResNetConfig } from './config.js';
import type { Network } from './network.js';
import { depthOf, type Row, reducedSize, reductionOf, refuseOptions, stagesOf, stems, stemWidths } from './rows.js';
import { describeSetting, type GivenSetting, type Setting, settingOf } from './settings.js';
import { forwards, type Material, materials, type Names } from './unit.js';

interface BlockNames {
  readonly block: string;
  readonly left: (position: number) => Names;
  /** Of the projection, the first or the second layer of the shortcut. */
  readonly right: (position: 0 | 1) => Names;
}

/** What sets the variants apart; everything else they share. */
interface Variant {
  readonly convolution: ConvOptions;
  readonly norm: NormOptions;
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
  convolution: {},
  norm: {},
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
      right: (position) => [`${scope}.downsample.${position}`, `${scope}.downsample.${position + 1}`],
    };
  },
  projects: changes,
};

const variants: { readonly [V in ResNetConfig['variant']]: Variant } = {
  imagenet,
  cifar: { ...imagenet, stem: () => stems.cifar },
  article: {
    convolution: { padding: 'same', bias: true, initial: glorot },
    norm: {
      epsilon: 1e-6,
      momentum: 0.01, // TensorFlow counts the other share: 0.99
      per: 'position',
      unbiased: false,
    },
    fc: glorot,
    stem: (reduced) => ({ kernel: reduced, stride: 2, pool: 2 }),
    stemNames: ['conv1.conv', 'conv1.bn'],
    reluBeforeSum: true,
    names: (stage, block) => {
      const prefix = `res_${stage}_${block}`;
      const unit = (name: string): Names => [`${prefix}_${name}.conv`, `${prefix}_${name}.bn`];
      return { block: prefix, left: (position) => unit(`left_myconv${position}`), right: () => unit('right_myconv') };
    },
    projects: (_, block) => block === 0,
  },
};

/** How a shortcut halves an image. */
const halvings: { readonly [D in Setting['downsample']]: Layer } = {
  stride: (x) =>
    slice(
      x,
      [2, 3].map((axis) => ({ axis, start: 0, end: Number.POSITIVE_INFINITY, step: 2 })),
    ),
  average: (x) => averagePool(x, { kernel_shape: 2 }),
};

/** Option A: the image halved, new channels filled with zeros, half of them before and half behind. */
const paddedIdentity =
  ({ from, to, stride }: Row, { downsample }: Setting): Layer =>
  (x, net) => {
    const seen = stride === 1 ? x : halvings[downsample](x, net);
    const before = Math.floor((to - from) / 2);
    return pad(seen, [0, before, 0, 0, 0, to - from - before, 0, 0]);
  };

/** Option B: a convolution of 1x1, which strides unless the image was averaged before. */
function projection(
  { to, stride }: Row,
  { downsample, preactivation }: Setting,
  { block, right }: BlockNames,
): readonly (Part | Layer)[] {
  if (downsample === 'stride') return [{ names: right(0), to, kernel: 1, stride }];
  const pool = stride === 1 ? [] : [named(`${block}.downsample`, halvings.average)];
  // what timm calls the second layer where norms follow; where none do, it has the same name with a mean before it and without
  return [...pool, { names: right(preactivation ? 0 : 1), to, kernel: 1 }];
}

/** Where a block stands: its stage, its number within it, and its depth in the network from 0 to 1. */
interface Place {
  readonly stage: number;
  readonly index: number;
  readonly depth: number;
}

function planOf(
  variant: Variant,
  { setting, stride: place, shortcut }: ResNetConfig,
  { stage, index, depth }: Place,
  row: Row,
): BlockPlan {
  const { width, to, stride } = row;
  const names = variant.names(stage, index);
  const first = place === 'first' || variant === variants.article;
  const left: readonly Part[] = setting.bottleneck
    ? [
        { names: names.left(1), to: width, kernel: 1, stride: first ? stride : 1 },
        { names: names.left(2), to: width, kernel: 3, stride: first ? 1 : stride, groups: setting.groups },
        { names: names.left(3), to, kernel: 1 },
      ]
    : [
        { names: names.left(1), to, kernel: 3, stride },
        { names: names.left(2), to, kernel: 3 },
      ];
  const projected = () => projection(row, setting, names);
  const shortcuts: { readonly [S in ResNetConfig['shortcut']]: () => BlockPlan['right'] } = {
    A: () => (changes(row) ? [paddedIdentity(row, setting)] : []),
    B: () => (variant.projects(row, index) ? projected() : []),
    C: projected,
    none: () => 'none',
  };
  return { name: names.block, left, right: shortcuts[shortcut](), depth };
}

/** Names of a deep stem's convolutions and norms: those of a row of layers between which ReLUs are counted too, as timm has them. */
const DEEP_NAMES: readonly Names[] = [
  ['conv1.0', 'conv1.1'],
  ['conv1.3', 'conv1.4'],
  ['conv1.6', 'bn1'],
];

/** One convolution, or three, the first of which strides. */
function stemOf(
  setting: Setting,
  { names, kernel, stride }: Pick<Part, 'names' | 'stride'> & { readonly kernel: Size },
  { unit, opening }: Pick<Material, 'unit'> & Pick<Blocks, 'opening'>,
): readonly Layer[] {
  const widths = stemWidths(setting);
  const parts = widths.map(
    (to, i): Part => ({
      names: setting.stem === 'plain' ? names : DEEP_NAMES[i]!,
      to,
      kernel: setting.stem === 'plain' ? kernel : 3,
      ...(i === 0 && { stride }),
    }),
  );
  const [last, ...before] = [...parts].reverse() as [Part, ...Part[]];
  return [...before.reverse().map((one) => unit(one.names, one.to, one.kernel, one)), opening(last)];
}

/** What the last maps become before the dense layer, each under its name in the summary. */
const poolings: { readonly [P in ResNetConfig['pooling']]: readonly [name: string, layer: Layer] } = {
  average: ['avgpool', pooled],
  none: ['flatten', (x) => flatten(x)],
};

/** Options of `resnet`. */
export type ResNetOptions = Omit<Given<typeof ResNetConfig>, 'kind' | 'setting'>;

/**
 * A ResNet by its name (`'RESNET50'`, `'resnext50-32x4d'`) or setting `{ bottleneck, repeats }`.
 * Input [n, channels, h, w], output logits [n, classes].
 * @throws UserError for unknown names, options out of range or that do not go together, or a size that the stages do not halve evenly.
 */
export function resnet(given: string | GivenSetting, options: ResNetOptions = {}): Network<ResNetConfig> {
  const setting = settingOf(given);
  const cifarFamily = typeof given === 'string' && /cifar/i.test(given);
  const config = validated(
    ResNetConfig,
    { ...(cifarFamily && { variant: 'cifar', size: 32, classes: 10 }), ...options, setting },
    'ResNet options',
  );
  refuseOptions(setting, config.variant);
  const variant = variants[config.variant];
  const reduction = reductionOf(setting, variant.stem([1, 1]));
  const reduced = reducedSize(config.size, reduction);
  const { kernel, stride, pool } = variant.stem(reduced);
  const material = materials[config.norm](forwards, variant);
  const blocks = blocksOf(setting, { ...material, reluBeforeSum: variant.reluBeforeSum });
  const stem = sequential(
    ...stemOf(setting, { names: variant.stemNames, kernel, stride }, { ...material, ...blocks }),
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
          return blocks.block(planOf(variant, config, { stage: number, index, depth }, row));
        }),
        ...(number === rows.length - 1 ? blocks.closing : []),
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
