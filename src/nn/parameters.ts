/** Values for parameters that have none yet. */
import { elements, fixedShape, type Initial, type ParameterValue } from '../graph/index.js';
import { type Random, random } from '../random/index.js';

/** Values of parameters by their names. */
export interface Weights {
  readonly [name: string]: {
    readonly dtype: 'float32';
    readonly shape: readonly number[];
    readonly data: Float32Array;
  };
}

const draws: {
  readonly [K in Initial['kind']]: (initial: Extract<Initial, { kind: K }>, source: Random) => () => number;
} = {
  constant:
    ({ value }) =>
    () =>
      value,
  normal:
    ({ deviation }, { normal }) =>
    () =>
      deviation * normal(),
  uniform:
    ({ bound }, { uniform }) =>
    () =>
      bound * (2 * uniform() - 1),
};

/** First values, a stream per name: a parameter starts alike whatever stands beside it in the network. */
export function initialise(parameters: Iterable<ParameterValue>, seed: number): Weights {
  const drawn = [...parameters].map(({ source, shape }) => {
    const { name, initial } = source;
    const data = new Float32Array(elements(shape));
    const draw = (draws[initial.kind] as (initial: Initial, source: Random) => () => number)(
      initial,
      random(seed, 'parameter', name),
    );
    for (let i = 0; i < data.length; i++) data[i] = draw();
    return [name, { dtype: 'float32', shape: fixedShape(shape), data }] as const;
  });
  return Object.fromEntries(drawn);
}
