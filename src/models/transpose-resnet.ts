/**
 * Transposed ResNet: vector [n, d] -> image [n, c, h, w]. The mirror reads the ResNet's rows from the last to the first and
 * each block from its output to its input: what was halved is doubled, channels go back the way they came.
 */
import { sigmoid, tanh } from '../graph/index.js';
import {
  batchNorm,
  type ConvOptions,
  dense,
  glorot,
  type Layer,
  named,
  relu,
  residual,
  type Size,
  sequential,
  shaped,
  stage,
  transposedConvolution,
} from '../nn/index.js';
import { type Given, validated } from '../schema.js';
import { type BlockPlan, blocksOf, type Part } from './block.js';
import { TransposeResNetConfig } from './config.js';
import type { Network } from './network.js';
import {
  depthOf,
  lastChannels,
  type Row,
  reducedSize,
  reductionOf,
  refuseOptions,
  stagesOf,
  stems,
  stemWidths,
} from './rows.js';
import { describeSetting, type GivenSetting, type Setting, settingOf } from './settings.js';
import { backwards, type Connection, enlarged, mirrored, type Names, type Unit, unitOf } from './unit.js';

const outputs: { readonly [O in TransposeResNetConfig['output']]: readonly Layer[] } = {
  none: [],
  sigmoid: [(x) => sigmoid(x)],
  tanh: [(x) => tanh(x)],
};

/** Stages from the last to the first, blocks from the last to the first, each with its place in the ResNet and its depth here. */
const walkedBack = <T>(stages: readonly (readonly T[])[]) =>
  stages
    .flatMap((rows, stage) => rows.map((row, block) => ({ row, stage, block })))
    .reverse()
    .map((place, i, { length }) => ({ ...place, depth: depthOf(i, length) }));

/** Backwards, the first block of a stage is its end. */
const endingAt = (index: number, block: Layer): Layer => (index === 0 ? stage(block) : block);

/** A block of the ResNet from its end to its beginning: `to` channels come in, `from` go out. What a mean halved is doubled by neighbours. */
function mirroredPlan(
  { bottleneck, groups, downsample }: Setting,
  { from, width, to, stride }: Row,
  { scope, depth }: { readonly scope: string; readonly depth: number },
): BlockPlan {
  const names = (position: number): Names => [`${scope}.conv${position}`, `${scope}.bn${position}`];
  const left: readonly Part[] = bottleneck
    ? [
        { names: names(3), to: width, kernel: 1 },
        { names: names(2), to: width, kernel: 3, stride, groups },
        { names: names(1), to: from, kernel: 1 },
      ]
    : [
        { names: names(2), to, kernel: 3 },
        { names: names(1), to: from, kernel: 3, stride },
      ];
  const projection = { names: [`${scope}.upsample.0`, `${scope}.upsample.1`], to: from, kernel: 1 } as const;
  const enlarging = stride === 1 ? [] : [named(`${scope}.upsample.2`, enlarged)];
  const right = downsample === 'average' ? [projection, ...enlarging] : [{ ...projection, stride }];
  return { name: scope, left, right: from === to && stride === 1 ? [] : right, depth };
}

/** The stem from its end to its beginning: the last of its convolutions doubles the image and makes its colours. */
function lastConvolutions(
  setting: Setting,
  { channels, kernel, stride }: { readonly channels: number; readonly kernel: number; readonly stride: number },
  { unit, last }: { readonly unit: Unit; readonly last: Connection },
): readonly Layer[] {
  if (setting.stem === 'plain') return [named('conv1', last(channels, kernel, { stride }))];
  const [first, second] = stemWidths(setting) as [number, number];
  return [
    unit(['conv1.6', 'conv1.7'], second, 3),
    unit(['conv1.3', 'conv1.4'], first, 3),
    named('conv1.0', last(channels, 3, { stride })),
  ];
}

const variants: {
  readonly [V in TransposeResNetConfig['variant']]: {
    readonly reduction: (config: TransposeResNetConfig) => number;
    readonly layers: (config: TransposeResNetConfig, reduced: readonly [number, number]) => readonly Layer[];
  };
} = {
  mirror: {
    reduction: ({ setting, of }) => reductionOf(setting, stems[of]),
    layers: ({ setting, of, upsample, channels }, reduced) => {
      const connection = mirrored(upsample);
      const unit = unitOf(connection);
      const activation = sequential(batchNorm(), relu);
      const deepest = lastChannels(setting);
      const { block, closing } = blocksOf(setting, { connection, unit, activation });
      const stem = stems[of];
      return [
        named('fc', dense(deepest * reduced[0] * reduced[1])),
        shaped([deepest, ...reduced]),
        ...(setting.preactivation ? [] : [named('bn', activation)]),
        ...walkedBack(stagesOf(setting)).map(({ row, stage: number, block: index, depth }) =>
          endingAt(index, block(mirroredPlan(setting, row, { scope: `layer${number + 1}.${index}`, depth }))),
        ),
        ...closing,
        ...(stem.pool > 1 ? [unit(['unpool.0', 'unpool.1'], setting.width, stem.pool, { stride: 2 })] : []),
        ...lastConvolutions(setting, { channels, ...stem }, { unit, last: mirrored(upsample, { bias: true }) }),
      ];
    },
  },
  article: {
    reduction: ({ setting }) => 4 * 2 ** (setting.repeats.length - 1),
    layers: ({ setting, channels }, reduced) => {
      const options: ConvOptions = { padding: 'same', bias: true, initial: glorot };
      const bare = (name: string, to: number, kernel: Size, extra: ConvOptions, ...then: readonly Layer[]) =>
        named(name, sequential(transposedConvolution(to, kernel, { ...options, ...extra }), ...then));
      return [
        named('fc', sequential(dense(2048, { initial: glorot }), relu)),
        shaped([2048, 1, 1]),
        bare('deconv1', 2048, reduced, { padding: 'valid' }, relu),
        ...articleBlocks(setting, options),
        bare('deconv2', 64, 3, { stride: 2 }, relu),
        bare('deconv3', channels, reduced, { stride: 2 }),
      ];
    },
  },
};

function articleBlocks(setting: Setting, options: ConvOptions): readonly Layer[] {
  const unit = unitOf(backwards(options), { epsilon: 1e-6, momentum: 0.01, per: 'position', unbiased: false });
  const last = setting.repeats.length - 1;
  const stages = setting.repeats.map((count) => Array.from({ length: count }, () => undefined));
  return walkedBack(stages).map(({ stage: number, block, depth }) => {
    const filters = 2048 / 2 ** (last - number);
    const stride = number > 0 && block === 0 ? 2 : 1;
    const to = setting.bottleneck ? filters / 4 : filters;
    const name = (suffix: string): Names => [
      `res_${number}_${block}_${suffix}.deconv`,
      `res_${number}_${block}_${suffix}.bn`,
    ];
    const left = setting.bottleneck
      ? [
          unit(name('deconv1'), filters, 1),
          unit(name('deconv2'), to, 3),
          unit(name('deconv3'), to, 1, { stride, relu: false }),
        ]
      : [unit(name('left_mydeconv1'), to, 3), unit(name('left_mydeconv2'), to, 3, { stride })];
    const right = unit(name('right_deconv'), to, 1, { stride });
    const joined: Layer = (x, net) => {
      const same = x.shape[1] === to && stride === 1;
      return residual({ name: `res_${number}_${block}`, left, right: same ? [] : [right], depth })(x, net);
    };
    return endingAt(block, joined);
  });
}

/** Options of `transposeResnet`. */
export type TransposeResNetOptions = Omit<Given<typeof TransposeResNetConfig>, 'kind' | 'setting'>;

/**
 * The transposed ResNet of a name (`'RESNET50'`) or setting `{ bottleneck, repeats }`.
 * Input [n, latent], output images [n, channels, h, w].
 * @throws UserError for unknown names, options out of range, or a size that the stages do not double into.
 */
export function transposeResnet(
  given: string | GivenSetting,
  options: TransposeResNetOptions = {},
): Network<TransposeResNetConfig> {
  const setting = settingOf(given);
  const cifarFamily = typeof given === 'string' && /cifar/i.test(given);
  const config = validated(
    TransposeResNetConfig,
    { ...(cifarFamily && { of: 'cifar', size: 32 }), ...options, setting },
    'transposed ResNet options',
  );
  refuseOptions(setting, config.variant === 'mirror' ? config.of : config.variant);
  const { reduction, layers } = variants[config.variant];
  const reduced = reducedSize(config.size, reduction(config));
  const forward = sequential(...layers(config, reduced), ...outputs[config.output]);
  return {
    config,
    name: `transpose-${describeSetting(setting)}`,
    input: [config.latent],
    embed: (x) => x,
    decode: forward,
    forward,
  };
}
