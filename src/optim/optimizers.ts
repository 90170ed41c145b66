/**
 * Optimisers as graph fragments: from a parameter, its gradient and its state to their next values. What changes from step to
 * step (the learning rate, bias corrections) is fed, so that one compiled step serves the whole training.
 */
import {
  add,
  div,
  elements,
  fixedShape,
  gemm,
  matmul,
  mul,
  type ParameterValue,
  parameter,
  reduceSum,
  reshape,
  sqrt,
  sub,
  type Value,
} from '../graph/index.js';

/** A parameter after a step, and the state that the next step begins with. */
export interface Update {
  /** The parameter's next value. */
  readonly next: Value;
  /** Next values of the optimiser's own tensors, which start at zero: state -> next. */
  readonly states: readonly { readonly state: ParameterValue; readonly next: Value }[];
}

/** How parameters follow their gradients. */
export interface Optimizer {
  readonly name: string;
  /** Names of the scalars fed at every step. */
  readonly scalars: readonly string[];
  /** Their values at step 1, 2, … for a learning rate. */
  feeds(step: number, learningRate: number): Readonly<Record<string, number>>;
  update(parameter: ParameterValue, gradient: Value, scalars: Readonly<Record<string, Value>>): Update;
}

const stateOf = ({ source, shape }: ParameterValue, name: string) =>
  parameter(`${name}:${source.name}`, shape, { trainable: false });

/**
 * Stochastic gradient descent as PyTorch computes it: g += decay w; v = momentum v + g; w -= rate v (Nesterov: rate (g + momentum v)).
 * Sutskever et al. 2013, http://proceedings.mlr.press/v28/sutskever13.html
 */
export const sgd = ({ momentum = 0.9, nesterov = false, weightDecay = 0 } = {}): Optimizer => ({
  name: 'sgd',
  scalars: ['learning_rate'],
  feeds: (_, learningRate) => ({ learning_rate: learningRate }),
  update(w, gradient, { learning_rate: rate }) {
    const g = w.source.decays && weightDecay > 0 ? add(gradient, mul(w, weightDecay)) : gradient;
    if (momentum === 0) return { next: sub(w, mul(g, rate!)), states: [] };
    const state = stateOf(w, 'momentum');
    const v = add(mul(state, momentum), g);
    const direction = nesterov ? add(g, mul(v, momentum)) : v;
    return { next: sub(w, mul(direction, rate!)), states: [{ state, next: v }] };
  },
});

/**
 * Adam with decoupled weight decay: Loshchilov & Hutter 2019, algorithm 2, https://arxiv.org/abs/1711.05101
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; w = (1 - rate decay) w - rate (m / c1) / (sqrt(v / c2) + epsilon)
 * with c = 1 - beta^step. The corrections go into the scalars, which saves two passes over every parameter.
 */
export const adamW = ({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = {}): Optimizer => ({
  name: 'adamw',
  scalars: ['step_size', 'epsilon', 'kept'],
  feeds: (step, learningRate) => {
    const root = Math.sqrt(1 - beta2 ** step);
    return {
      step_size: (learningRate * root) / (1 - beta1 ** step),
      epsilon: epsilon * root,
      kept: 1 - learningRate * weightDecay,
    };
  },
  update(w, g, { step_size, epsilon: scaled, kept }) {
    const first = stateOf(w, 'first_moment');
    const second = stateOf(w, 'second_moment');
    const m = add(mul(first, beta1), mul(g, 1 - beta1));
    const v = add(mul(second, beta2), mul(mul(g, g), 1 - beta2));
    const change = mul(div(m, add(sqrt(v), scaled!)), step_size!);
    return {
      next: sub(w.source.decays && weightDecay > 0 ? mul(w, kept!) : w, change),
      states: [
        { state: first, next: m },
        { state: second, next: v },
      ],
    };
  },
});

/** Multiples of Muon's rate at which SGD moves what Muon does not: 0.2 beside 0.02. */
const BESIDE = 10;

/**
 * Muon: filters of convolutions move along the orthogonal matrix nearest to their momentum, so that all of its directions count alike, and
 * everything else by SGD with Nesterov's momentum 0.9 at ten times the rate. Both decay as SGD's weights do. Jordan et al. 2024,
 * https://kellerjordan.github.io/posts/muon/
 */
export const muon = ({ momentum = 0.95, weightDecay = 0 } = {}): Optimizer => {
  const beside = sgd({ momentum: 0.9, nesterov: true, weightDecay });
  return {
    name: 'muon',
    scalars: ['learning_rate', 'rate_beside', 'kept'],
    feeds: (_, learningRate) => ({
      learning_rate: learningRate,
      rate_beside: BESIDE * learningRate,
      kept: 1 - BESIDE * learningRate * weightDecay,
    }),
    update(w, gradient, { learning_rate: rate, rate_beside, kept }) {
      if (w.shape.length < 4) return beside.update(w, gradient, { learning_rate: rate_beside! });
      const [to, ...rest] = fixedShape(w.shape) as [number, ...number[]];
      const from = elements(rest);
      const state = stateOf(w, 'momentum');
      const v = add(mul(state, momentum), gradient);
      const direction = orthogonal(reshape(add(gradient, mul(v, momentum)), [to, from]), { tall: to > from });
      const change = mul(reshape(direction, [to, ...rest]), mul(rate!, Math.sqrt(Math.max(1, to / from))));
      return { next: sub(weightDecay > 0 ? mul(w, kept!) : w, change), states: [{ state, next: v }] };
    },
  };
};

/** Five Newton-Schulz iterations towards singular values of 1, by the quintic of the same source: close is close enough. */
function orthogonal(matrix: Value, { tall }: { readonly tall: boolean }): Value {
  let x = div(matrix, add(sqrt(reduceSum(mul(matrix, matrix))), 1e-7));
  for (let round = 0; round < 5; round++) {
    const squares = tall ? gemm(x, x, undefined, { transA: true }) : gemm(x, x, undefined, { transB: true });
    const factor = add(mul(squares, -4.775), mul(matmul(squares, squares), 2.0315));
    x = add(mul(x, 3.4445), tall ? matmul(x, factor) : matmul(factor, x));
  }
  return x;
}

/** Optimisers with their defaults, by name. */
export const optimizers = { sgd, adamw: adamW, muon } as const;
