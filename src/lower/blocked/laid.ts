/**
 * A value and how its elements lie in memory. A layout changes their order, not the shape by which a value is known: elementwise
 * operators work on all layouts alike, as long as their operands share one.
 *
 * `channels`: [n, c, h, w] as [n, c/b, h, w, b], the order in which the CPU engine convolves fastest; b channels fill a vector register.
 * `filter`: [o, c, kh, kw] as [o/b, c/b, kh, kw, b of c, b of o], what it expects of filters.
 */
import { fixedShape, one, reshape, type Shape, transpose, type Value } from '../../graph/index.js';

export type Layout = 'plain' | 'channels' | 'filter';

/** A shape of known sizes: [n, c, h, w] or [o, c, kh, kw]. */
export type Four = [number, number, number, number];

interface Row {
  /** Whether a shape can lie so, in blocks of a size. */
  readonly holds: (shape: Four, block: number) => boolean;
  readonly from: (plain: Value, block: number) => Value;
  readonly back: (value: Value, block: number) => Value;
}

const layouts: Readonly<Record<Exclude<Layout, 'plain'>, Row>> = {
  channels: {
    holds: ([, c], block) => c % block === 0,
    from: (plain) => (isVector(plain.shape) ? plain : one('NchwcReorderInput', [plain], {})),
    back: (value) =>
      isVector(value.shape)
        ? value
        : one('NchwcReorderOutput', [value], { channels: value.shape[1] as number, channels_last: 0 }),
  },
  filter: {
    holds: ([o, c], block) => o % block === 0 && c % block === 0,
    // the b outputs of a block go innermost as channels of an image would, then taps and inputs change places, in runs of b
    from(plain, b) {
      const [o, c, kh, kw] = fixedShape(plain.shape) as Four;
      const rows = one('NchwcReorderInput', [reshape(plain, [o / b, b, c * kh * kw, 1])], {});
      return exchanged(rows, [(o * c) / b / b, b, kh * kw, b], [o, c, kh, kw]);
    },
    back(value, b) {
      const [o, c, kh, kw] = fixedShape(value.shape) as Four;
      const rows = exchanged(value, [(o * c) / b / b, kh * kw, b, b], [o / b, b, c * kh * kw, 1]);
      return reshape(one('NchwcReorderOutput', [rows], { channels: b, channels_last: 0 }), [o, c, kh, kw]);
    },
  },
};

/** With the middle two axes of a view exchanged, in a shape. */
function exchanged(value: Value, [outer, a, b, run]: Four, shape: Four): Value {
  return reshape(a === 1 || b === 1 ? value : transpose(reshape(value, [outer, a, b, run]), [0, 2, 1, 3]), shape);
}

/** One pixel: its channels lie in order in either layout. */
const isVector = (shape: Shape) => shape[2] === 1 && shape[3] === 1;

export function canLie(layout: Layout, shape: Shape, block: number): boolean {
  if (layout === 'plain') return true;
  return shape.length === 4 && shape.every((d) => typeof d === 'number') && layouts[layout].holds(shape as Four, block);
}

export class Laid {
  private readonly forms: Map<Layout, Value>;

  /** @param value of the shape by which it is known, with its elements in the order of the layout */
  constructor(
    readonly layout: Layout,
    value: Value,
    readonly block: number,
  ) {
    this.forms = new Map([[layout, value]]);
  }

  get value(): Value {
    return this.forms.get(this.layout)!;
  }

  get shape(): Shape {
    return this.value.shape;
  }

  can(layout: Layout): boolean {
    return layout === this.layout || (this.value.dtype === 'float32' && canLie(layout, this.shape, this.block));
  }

  /** In another layout, made once. */
  as(layout: Layout): Value {
    const known = this.forms.get(layout);
    if (known) return known;
    const made =
      layout === 'plain'
        ? layouts[this.layout as Exclude<Layout, 'plain'>].back(this.value, this.block)
        : layouts[layout].from(this.as('plain'), this.block);
    this.forms.set(layout, made);
    return made;
  }
}
