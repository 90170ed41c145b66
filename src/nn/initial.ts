/** How weights start. Fans count the connections of one output (in) or of one input (out). */
import type { Initial } from '../graph/index.js';

/** Zeros. */
export const zeros: Initial = { kind: 'constant', value: 0 };
/** Ones. */
export const ones: Initial = { kind: 'constant', value: 1 };

/** The two fans of a filter: channels times kernel area, per output and per input. */
export interface Fans {
  readonly in: number;
  readonly out: number;
  /** Connections that one output really has, where a stride leaves some of `in` without a partner; `in` by default. */
  readonly heard?: number;
}

/** How the first values of a layer are drawn. */
export interface Initialiser {
  readonly weight: (fans: Fans) => Initial;
  readonly bias: (fans: Fans) => Initial;
}

/** Keeps the variance of gradients through ReLU: He et al. 2015, section 2.2, https://arxiv.org/abs/1502.01852. */
export const heFanOut: Initialiser = {
  weight: ({ out }) => ({ kind: 'normal', deviation: Math.sqrt(2 / out) }),
  bias: () => zeros,
};

/** Keeps the variance of activations through ReLU: the same paper's other choice. */
export const heFanIn: Initialiser = {
  weight: (fans) => ({ kind: 'normal', deviation: Math.sqrt(2 / (fans.heard ?? fans.in)) }),
  bias: () => zeros,
};

/** Uniform within sqrt(6 / (in + out)): Glorot & Bengio 2010, formula 16; TensorFlow's default. */
export const glorot: Initialiser = {
  weight: (fans) => ({ kind: 'uniform', bound: Math.sqrt(6 / (fans.in + fans.out)) }),
  bias: () => zeros,
};

/** PyTorch's default for dense layers: weight and bias uniform within 1 / sqrt(in). */
export const torchLinear: Initialiser = {
  weight: (fans) => ({ kind: 'uniform', bound: 1 / Math.sqrt(fans.in) }),
  bias: (fans) => ({ kind: 'uniform', bound: 1 / Math.sqrt(fans.in) }),
};
