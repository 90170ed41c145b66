/** How close two images are, per sample; graph fragments on [n, c, h, w] in 0 … 1, results [n]. */
import { UserError } from '../errors.js';
import {
  abs,
  add,
  averagePool,
  constant,
  div,
  fixed,
  matmul,
  max,
  mul,
  pow,
  reduceMean,
  sub,
  type Value,
} from '../graph/index.js';

const perSample = (x: Value): Value => reduceMean(x, { axes: [1, 2, 3] });

/** Mean squared error of each image. */
export function squaredErrors(x: Value, y: Value): Value {
  const difference = sub(x, y);
  return perSample(mul(difference, difference));
}

/** Mean absolute error of each image. */
export const absoluteErrors = (x: Value, y: Value): Value => perSample(abs(sub(x, y)));

/** Peak signal-to-noise ratio in dB of an image whose values span 0 … 1. */
export const psnr = (squaredError: number): number => -10 * Math.log10(Math.max(squaredError, 1e-10));

const WINDOW = 11;
const SIGMA = 1.5;

/** The Gaussian window at every place where it lies wholly inside: [size - 10, size], to be multiplied by from the left. */
function windows(size: number): Float32Array {
  const line = Array.from({ length: WINDOW }, (_, i) => Math.exp(-((i - (WINDOW - 1) / 2) ** 2) / (2 * SIGMA ** 2)));
  const total = line.reduce((a, b) => a + b, 0);
  const places = size - WINDOW + 1;
  const rows = new Float32Array(places * size);
  for (let place = 0; place < places; place++)
    for (const [i, weight] of line.entries()) rows[place * size + place + i] = weight / total;
  return rows;
}

const transposed = (rows: Float32Array, columns: number): Float32Array =>
  rows.map((_, i) => rows[(i % (rows.length / columns)) * columns + Math.floor(i / (rows.length / columns))]!);

/** Means under the window [n, c, h, w] -> [n, c, h - 10, w - 10]: a Gaussian is separable, so one product from each side. */
function blurOf([height, width]: readonly [number, number]): (x: Value) => Value {
  const places = (size: number) => size - WINDOW + 1;
  const rows = constant(windows(height), [places(height), height]);
  const columns = constant(transposed(windows(width), width), [width, places(width)]);
  return (x) => matmul(matmul(rows, x), columns);
}

/** Formulas 6 and the product of 9 and 10 of the SSIM paper with its constants, at every place of the window. */
function similarities(x: Value, y: Value): { readonly luminance: Value; readonly structure: Value } {
  const [height, width] = sidesOf(x);
  if (Math.min(height, width) < WINDOW)
    throw new UserError(
      `structural similarity slides a window of ${WINDOW} x ${WINDOW} pixels over images, got ${height} x ${width}; use larger images`,
    );
  const blur = blurOf([height, width]);
  const [mx, my] = [blur(x), blur(y)];
  const [mxx, myy, mxy] = [mul(mx, mx), mul(my, my), mul(mx, my)];
  const [vx, vy, vxy] = [sub(blur(mul(x, x)), mxx), sub(blur(mul(y, y)), myy), sub(blur(mul(x, y)), mxy)];
  const [c1, c2] = [0.01 ** 2, 0.03 ** 2];
  return {
    luminance: div(add(mul(mxy, 2), c1), add(add(mxx, myy), c1)),
    structure: div(add(mul(vxy, 2), c2), add(add(vx, vy), c2)),
  };
}

const sidesOf = ({ shape }: Value): readonly [number, number] => [fixed(shape[2]), fixed(shape[3])];

/**
 * Structural similarity: Wang et al. 2004, "Image Quality Assessment", formula 13, with its constants 0.01 and 0.03 and its
 * 11 x 11 Gaussian window, where the window lies wholly inside. Images of at least 11 x 11.
 */
export function ssim(x: Value, y: Value): Value {
  const { luminance, structure } = similarities(x, y);
  return perSample(mul(luminance, structure));
}

/** Wang et al. 2003, section 3.2: how much each scale counts, from the finest. */
const SCALES = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/** Weights of the scales that images of this size have: each halves the sides, and the window must still fit. */
export function scaleWeights(sides: readonly number[]): readonly number[] {
  const fits = (scale: number) => scale === 0 || Math.floor(Math.min(...sides) / 2 ** scale) >= WINDOW;
  const fitting = SCALES.filter((_, scale) => fits(scale));
  const total = fitting.reduce((a, b) => a + b, 0);
  return fitting.map((weight) => weight / total);
}

/**
 * Multi-scale structural similarity: Wang, Simoncelli & Bovik 2003, formula 7, with its five weights, per channel, then the mean
 * over channels. Between scales 2 x 2 means; of an odd side the last row is left out. Images whose smaller side is below 176
 * have fewer scales, whose weights are made to sum to 1: 4 from 88, 3 from 44, 2 from 22, 1 (which is SSIM) from 11.
 * @param floor what smaller means count as; a negative mean has no power, and the slope of a power grows beyond bounds at 0
 */
export function msSsim(x: Value, y: Value, { floor = 0 } = {}): Value {
  const weights = scaleWeights(sidesOf(x));
  let [a, b] = [x, y];
  const factors = weights.map((weight, scale) => {
    if (scale > 0) [a, b] = [averagePool(a, { kernel_shape: 2 }), averagePool(b, { kernel_shape: 2 })];
    const { luminance, structure } = similarities(a, b);
    const last = scale === weights.length - 1;
    const mean = reduceMean(last ? mul(luminance, structure) : structure, { axes: [2, 3] });
    return weights.length === 1 ? mean : pow(max(mean, floor), weight);
  });
  return reduceMean(
    factors.reduce((product, factor) => mul(product, factor)),
    { axes: [1] },
  );
}
