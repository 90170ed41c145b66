/** Convolution and its two gradients on blocks. Channels must fill whole blocks; of an image's few colours alone they need not. */
import {
  type Attributes,
  type ConvAttributes,
  type ConvTransposeAttributes,
  constant,
  fixedShape,
  gather,
  one,
  pad,
  reshape,
  type Shape,
  transpose,
  type Value,
} from '../../graph/index.js';
import { denseFilterGrad, isDense, seesPaddingOnly } from '../portable/filter-grad.js';
import { assemble, stacked, subPixel } from '../portable/sub-pixel.js';
import { canLie, type Four, Laid } from './laid.js';
import { affine, blockedConv, dense, everywhere } from './operators.js';
import type { Rule } from './rule.js';

/** Fewer channels than a block: the engine takes images as they are, and filters as [o/b, c, kh, kw, b]. */
const hasFewChannels = ([o, c]: Shape, block: number) => (c as number) < block && (o as number) % block === 0;

export const convolution: Rule<ConvAttributes> = ([x, w, bias], attributes, { block, channels, plain }) => {
  if (attributes.group !== 1 || x!.shape.length !== 4 || typeof x!.shape[0] !== 'number') return undefined;
  const extras = { bias: bias?.as('plain') };
  if (hasFewChannels(w!.shape, block))
    return [channels(blockedConv(x!.as('plain'), fewChannelFilter(w!.as('plain'), block), attributes, extras))];
  if (!x!.can('channels')) return undefined;
  if (hasFewOutputs(w!.shape, block)) return [plain(fewOutputs(x!, w!.as('plain'), attributes, extras.bias))];
  if (!w!.can('filter')) return undefined;
  return [channels(blockedConv(x!.as('channels'), w!.as('filter'), attributes, extras))];
};

function fewChannelFilter(w: Value, b: number): Value {
  const [o, c, kh, kw] = fixedShape(w.shape) as Four;
  return reshape(transpose(reshape(w, [o / b, b, c * kh * kw]), [0, 2, 1]), [o, c, kh, kw]);
}

const hasFewOutputs = ([o, c]: Shape, block: number) => (o as number) < block && (c as number) % block === 0;

/** A block of outputs of which only the first are used: more products, but at several times the rate of a product of few rows. */
function fewOutputs(x: Laid, w: Value, attributes: ConvAttributes, bias: Value | undefined): Value {
  const o = w.shape[0] as number;
  const missing = x.block - o;
  const filter = new Laid('plain', pad(w, [0, 0, 0, 0, missing, 0, 0, 0]), x.block).as('filter');
  const y = blockedConv(x.as('channels'), filter, attributes, { bias: bias && pad(bias, [0, missing]) });
  return one('NchwcReorderOutput', [y], { channels: o, channels_last: 0 });
}

export const convTranspose: Rule<ConvTransposeAttributes> = ([x, w, bias], attributes, site) => {
  const { block, channels } = site;
  const phases = subPixel(x!.value, w!.value, attributes);
  if (!phases) return undefined;
  const together = stacked(w!.as('plain'), phases);
  if (together) {
    const operands = [
      x!,
      site.plain(together.filter),
      ...(bias ? [site.plain(together.repeated(bias.as('plain')))] : []),
    ];
    const made = convolution(operands, { ...dense, pads: together.pads }, site);
    return made && [site.plain(together.spread(made[0]!.as('plain')))];
  }
  if (!w!.can('filter')) return undefined;
  const turn = turnedFilters(w!.as('filter'), block);
  const reached = [...phases.rows, ...phases.columns].every(({ taps }) => taps.length > 0);
  const y = assemble(phases, block, (row, column) =>
    blockedConv(
      x!.as('channels'),
      turn(row.taps, column.taps),
      { ...dense, pads: [row.begin, column.begin, row.end, column.end] },
      { bias: reached ? bias?.as('plain') : undefined },
    ),
  );
  const image = reshape(y, phases.out);
  if (reached || !bias) return [channels(image)];
  // pixels that no tap reaches have nothing but the bias
  return [channels(affine(image, everywhere(1, phases.out[1]!), { bias: bias.as('plain') }))];
};

/**
 * From a filter [o, c, kh, kw] to those that go the other way, [c, o, rows, columns]: some taps, last first, since a convolution
 * correlates. Every block of b x b is transposed once; blocks are then gathered in their new order.
 */
function turnedFilters(w: Value, b: number): (rows: readonly number[], columns: readonly number[]) => Value {
  const [o, c, kh, kw] = fixedShape(w.shape) as Four;
  const [outer, inner, taps] = [o / b, c / b, kh * kw];
  const blocks = outer * inner * taps;
  // b "channels" of b "pixels" each: leaving blocks is what transposes them
  const transposed = one('NchwcReorderOutput', [reshape(w, [blocks, b, b, 1])], { channels: b, channels_last: 0 });
  const rowsOfBlocks = reshape(transposed, [blocks, b * b]);
  return (rows, columns) => {
    const order: number[] = [];
    for (let i = 0; i < inner; i++)
      for (let q = 0; q < outer; q++)
        for (const row of [...rows].reverse())
          for (const column of [...columns].reverse()) order.push((q * inner + i) * taps + row * kw + column);
    const shape = [c, o, rows.length, columns.length];
    return reshape(gather(rowsOfBlocks, constant(order, [order.length], 'int64')), shape);
  };
}

export const convFilterGrad: Rule<Attributes['ConvFilterGrad']> = ([x, dy], attributes, site) => {
  const { block, filter, plain, outputs } = site;
  if (!isDense(x!.shape, attributes) || !dy!.can('channels') || seesPaddingOnly(x!, dy!, attributes)) return undefined;
  const shape = fixedShape(outputs[0]!.shape) as Four;
  const [o, c, kh, kw] = shape;
  const dw = denseFilterGrad(channelsLast(x!), channelMajor(dy!.as('channels'), block), attributes);
  if (!canLie('filter', shape, block)) return [plain(transpose(dw, [0, 3, 1, 2]))];
  // b outputs go innermost, then taps and blocks of inputs change places
  const inner = one('NchwcReorderInput', [reshape(dw, [o / block, block, kh * kw * c, 1])], {});
  const split = reshape(inner, [o / block, kh * kw, c / block, block * block]);
  return [filter(reshape(kh * kw === 1 ? split : transpose(split, [0, 2, 1, 3]), shape))];
};

/** -> [n, h, w, c]. */
function channelsLast(x: Laid): Value {
  if (x.layout !== 'channels') return transpose(x.as('plain'), [0, 2, 3, 1]);
  return one('NchwcReorderOutput', [x.value], { channels: x.shape[1] as number, channels_last: 1 });
}

/** [n, c, h, w] in blocks -> [c, n, h, w] without: maps of one block go together, as rows of one tall image. */
function channelMajor(x: Value, b: number): Value {
  const [n, c, h, w] = fixedShape(x.shape) as Four;
  const together = transpose(reshape(x, [n, c / b, h * w * b]), [1, 0, 2]);
  const tall = one('NchwcReorderOutput', [reshape(together, [1, c, n * h, w])], { channels: c, channels_last: 0 });
  return reshape(tall, [c, n, h, w]);
}
