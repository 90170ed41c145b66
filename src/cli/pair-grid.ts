/** Pictures beside each other: pairs with originals above and reconstructions below, or one by one. */
export interface Picture {
  /** [h, w, c] */
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

export interface Pair {
  readonly original: Picture;
  readonly made: Picture;
}

/** Small pictures are enlarged to about this many pixels, each pixel a square. */
const SIDE = 96;
/** Between the two of a pair, and around pairs. */
const [NEAR, APART] = [2, 10];
const BACKGROUND = 255;

/** The grid of pairs as RGB pixels; pictures of one size. About as wide as high. */
export const pairGrid = (pairs: readonly Pair[]): Picture =>
  stackGrid(pairs.map(({ original, made }) => [original, made]));

interface GridOptions {
  /** Stacks in a row; by default so many that the grid is about as wide as high. */
  readonly across?: number | undefined;
}

/** Stacks of equally many pictures, all of one size, as RGB pixels. */
export function stackGrid(stacks: readonly (readonly Picture[])[], { across: wanted }: GridOptions = {}): Picture {
  const [first] = stacks as readonly [readonly Picture[]];
  const { height, width } = first[0]!;
  const zoom = Math.max(1, Math.round(SIDE / Math.max(height, width)));
  const cell = { width: width * zoom, height: first.length * (height * zoom + NEAR) - NEAR };
  const across = Math.min(stacks.length, wanted ?? Math.ceil(Math.sqrt((stacks.length * cell.height) / cell.width)));
  const down = Math.ceil(stacks.length / across);
  const grid = {
    width: across * (cell.width + APART) + APART,
    height: down * (cell.height + APART) + APART,
    channels: 3 as const,
  };
  const data = new Uint8Array(grid.width * grid.height * 3).fill(BACKGROUND);
  const canvas = { ...grid, data };
  for (const [i, stack] of stacks.entries()) {
    const left = APART + (i % across) * (cell.width + APART);
    const top = APART + Math.floor(i / across) * (cell.height + APART);
    for (const [row, picture] of stack.entries())
      paste(canvas, picture, { left, top: top + row * (height * zoom + NEAR), zoom });
  }
  return canvas;
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly zoom: number;
}

function paste(canvas: Picture, { data, height, width, channels }: Picture, { left, top, zoom }: Place): void {
  for (let y = 0; y < height * zoom; y++)
    for (let x = 0; x < width * zoom; x++) {
      const from = (Math.floor(y / zoom) * width + Math.floor(x / zoom)) * channels;
      const to = ((top + y) * canvas.width + left + x) * 3;
      for (let c = 0; c < 3; c++) canvas.data[to + c] = data[from + (channels === 3 ? c : 0)]!;
    }
}
