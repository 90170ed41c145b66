/**
 * Transposed convolution, and with it every convolution's gradient for its input, as plain convolutions, which runtimes run
 * several times faster than their scatter form. Where the filter outweighs the images: columns.
 */
import {
  add,
  type ConvTransposeAttributes,
  conv,
  fixedShape,
  one,
  reshape,
  slice,
  transpose,
  type Value,
} from '../../graph/index.js';
import { adjointByColumns, filterOutweighsImages } from './columns.js';
import { assemble, stacked, subPixel } from './sub-pixel.js';

export function convTranspose(inputs: readonly Value[], attributes: ConvTransposeAttributes): readonly Value[] {
  const [x, w, bias] = inputs as [Value, Value, Value | undefined];
  const plain = one('ConvTranspose', inputs, attributes);
  const geometry = { ...attributes, image: plain.shape, features: x.shape, kernel_shape: fixedShape(w.shape.slice(2)) };
  const y = filterOutweighsImages(geometry) ? adjointByColumns(x, w, geometry) : asConvolutions(x, w, attributes);
  if (!y) return [plain];
  return [bias ? add(y, reshape(bias, [-1, 1, 1])) : y];
}

function asConvolutions(x: Value, w: Value, attributes: ConvTransposeAttributes): Value | undefined {
  const phases = subPixel(x, w, attributes);
  if (!phases) return undefined;
  const together = stacked(w, phases);
  if (together) return together.spread(conv(x, together.filter, { pads: [...together.pads] }));
  // [out, c, k, k]: the filter as a convolution that goes the other way sees it
  const filter = transpose(w, [1, 0, 2, 3]);
  const y = assemble(phases, 1, (row, column) =>
    conv(x, turned(filter, row.taps, column.taps), { pads: [row.begin, column.begin, row.end, column.end] }),
  );
  return reshape(y, phases.out);
}

/** The taps of one phase, last first, since a convolution correlates. */
function turned(filter: Value, rows: readonly number[], columns: readonly number[]): Value {
  const cut = (taps: readonly number[], axis: number) => {
    const [first, last] = [taps[0]!, taps.at(-1)!];
    const size = filter.shape[axis] as number;
    if (size === 1) return [];
    const step = taps.length > 1 ? taps[1]! - first : 1;
    return [{ axis, start: last, end: first === 0 ? Number.NEGATIVE_INFINITY : first - 1, step: -step }];
  };
  const cuts = [...cut(rows, 2), ...cut(columns, 3)];
  return cuts.length > 0 ? slice(filter, cuts) : filter;
}
