/** How close two images are, per sample; graph fragments on [n, c, h, w] in 0 … 1, results [n]. */
import { abs, add, constant, conv, div, fixed, mul, reduceMean, sub, type Value } from '../graph/index.js';

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

/** The Gaussian window of the paper, once per channel: [c, 1, 11, 11]. */
function gaussian(channels: number): Value {
  const line = Array.from({ length: WINDOW }, (_, i) => Math.exp(-((i - (WINDOW - 1) / 2) ** 2) / (2 * SIGMA ** 2)));
  const total = line.reduce((a, b) => a + b, 0);
  const window = line.flatMap((a) => line.map((b) => (a * b) / total ** 2));
  return constant(Array.from({ length: channels }, () => window).flat(), [channels, 1, WINDOW, WINDOW]);
}

/**
 * Structural similarity: Wang et al. 2004, "Image Quality Assessment", formula 13, with its constants 0.01 and 0.03 and its
 * 11 x 11 Gaussian window, where the window lies wholly inside. Images of at least 11 x 11.
 */
export function ssim(x: Value, y: Value): Value {
  const channels = fixed(x.shape[1]);
  const window = gaussian(channels);
  const blur = (v: Value) => conv(v, window, { group: channels });
  const [mx, my] = [blur(x), blur(y)];
  const [mxx, myy, mxy] = [mul(mx, mx), mul(my, my), mul(mx, my)];
  const [vx, vy, vxy] = [sub(blur(mul(x, x)), mxx), sub(blur(mul(y, y)), myy), sub(blur(mul(x, y)), mxy)];
  const [c1, c2] = [0.01 ** 2, 0.03 ** 2];
  const likeness = mul(add(mul(mxy, 2), c1), add(mul(vxy, 2), c2));
  return perSample(div(likeness, mul(add(add(mxx, myy), c1), add(add(vx, vy), c2))));
}
