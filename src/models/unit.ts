/** The unit that both networks repeat: a convolution of either direction, a normalisation, and ReLU unless told otherwise. */
import { depthToSpace, resize } from '../graph/index.js';
import {
  batchNorm,
  type ConvOptions,
  convolution,
  type Layer,
  type NormOptions,
  named,
  relu,
  type Size,
  sequential,
  transposedConvolution,
} from '../nn/index.js';
import type { ResNetConfig, TransposeResNetConfig } from './config.js';

/** Paths of a unit's convolution and normalisation: a file format, chosen once. */
export type Names = readonly [conv: string, norm: string];

export interface UnitOptions {
  readonly stride?: number;
  /** Of the convolution's channels. 1 by default. */
  readonly groups?: number;
  /** Ends in ReLU. Yes by default. */
  readonly relu?: boolean;
  /** Whether it is the last of a residual branch. No by default. */
  readonly endsBranch?: boolean;
}
export type Unit = (names: Names, to: number, kernel: Size, options?: UnitOptions) => Layer;

/** A convolution of either direction, as a unit sees it. */
export type Connection = (
  to: number,
  kernel: Size,
  options?: Pick<ConvOptions, 'stride' | 'groups' | 'endsBranch'>,
) => Layer;

export const unitOf =
  (connection: Connection, norm: NormOptions = {}): Unit =>
  ([conv, bn], to, kernel, { stride = 1, groups = 1, relu: active = true, endsBranch = false } = {}) =>
    sequential(
      named(conv, connection(to, kernel, { stride, groups })),
      named(bn, sequential(batchNorm({ ...norm, endsBranch }), ...(active ? [relu] : []))),
    );

/** A unit without normalisation. */
export const bareUnitOf =
  (connection: Connection): Unit =>
  ([conv], to, kernel, { stride = 1, groups = 1, relu: active = true } = {}) =>
    sequential(named(conv, connection(to, kernel, { stride, groups })), ...(active ? [relu] : []));

/** What units and blocks are made of. */
export interface Material {
  readonly connection: Connection;
  /** Convolution, norm, ReLU. */
  readonly unit: Unit;
  /** Norm and ReLU by themselves. */
  readonly activation: Layer;
}

interface Ingredients {
  readonly convolution: ConvOptions;
  readonly norm: NormOptions;
}

/** With norms, or with biases in their place. */
export const materials: {
  readonly [N in ResNetConfig['norm']]: (of: (options: ConvOptions) => Connection, parts: Ingredients) => Material;
} = {
  batch: (of, { convolution: options, norm }) => {
    const connection = of(options);
    return { connection, unit: unitOf(connection, norm), activation: sequential(batchNorm(norm), relu) };
  },
  none: (of, { convolution: options }) => {
    const connection = of({ ...options, bias: true });
    return { connection, unit: bareUnitOf(connection), activation: relu };
  },
};

export const forwards =
  (options: ConvOptions = {}): Connection =>
  (to, kernel, further) =>
    convolution(to, kernel, { ...options, ...further });

export const backwards =
  (options: ConvOptions = {}): Connection =>
  (to, kernel, further) =>
    transposedConvolution(to, kernel, { ...options, ...further });

/** Three ways to double an image; kernels are those of the convolution that is mirrored. */
const doublings: {
  readonly [U in TransposeResNetConfig['upsample']]: (to: number, kernel: number, options: ConvOptions) => Layer;
} = {
  // an even kernel reaches every pixel equally often, so that no checkerboard appears: https://distill.pub/2016/deconv-checkerboard
  deconv: (to, kernel, options) => transposedConvolution(to, kernel + 1, { ...options, stride: 2 }),
  resize: (to, kernel, options) => sequential(enlarged, convolution(to, kernel, options)),
  // sub-pixel convolution: https://arxiv.org/abs/1609.05158
  'pixel-shuffle': (to, kernel, options) => sequential(convolution(4 * to, kernel, options), (x) => depthToSpace(x, 2)),
};

/** Twice as high and wide, by nearest neighbours. */
export const enlarged: Layer = (x) => resize(x, [1, 1, 2, 2]);

/** The mirror of a convolution with this kernel: at stride 1 a convolution itself, at stride 2 one of the doublings. */
export const mirrored =
  (upsample: TransposeResNetConfig['upsample'], options: ConvOptions = {}): Connection =>
  (to, kernel, { stride = 1, ...further } = {}) =>
    stride === 1
      ? convolution(to, kernel, { ...options, ...further })
      : doublings[upsample](to, kernel as number, { ...options, ...further });
