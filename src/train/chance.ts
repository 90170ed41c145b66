/** What chance feeds to a step: drawn by addresses, so that a resumed run sees what it would have seen. */
import { elements } from '../graph/index.js';
import type { Chance } from '../nn/index.js';
import { type Random, random } from '../random/index.js';
import { float32, type Tensors } from '../runtime/tensor.js';

interface Where {
  readonly seed: number;
  /** Counts from 0. */
  readonly step: number;
}

/** The values of a step, for `parts` batches that go one after the other as for one that is as large as all of them. */
export function drawChances(
  chances: ReadonlyMap<string, Chance>,
  { seed, step }: Where,
  parts: number,
): readonly Tensors[] {
  const drawn = [...chances].map(([name, { shape, draw }]) => {
    const next = drawers[draw.kind](draw as never, random(seed, 'chance', name, step));
    const values = Float32Array.from({ length: parts * elements(shape) }, next);
    return { name, shape, values };
  });
  return Array.from({ length: parts }, (_, part) =>
    Object.fromEntries(
      drawn.map(({ name, shape, values }) => {
        const size = elements(shape);
        return [name, float32(values.slice(part * size, (part + 1) * size), shape)];
      }),
    ),
  );
}

type Draw = Chance['draw'];
const drawers: { readonly [K in Draw['kind']]: (draw: Extract<Draw, { kind: K }>, random: Random) => () => number } = {
  normal: (_, { normal }) => normal,
  uniform: (_, { uniform }) => uniform,
  integer:
    ({ least, most }, { integer }) =>
    () =>
      least + integer(most - least + 1),
  mask:
    ({ keep }, { uniform }) =>
    () =>
      uniform() < keep ? 1 / keep : 0,
};
