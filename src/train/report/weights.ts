/** How the weights of a network are distributed, layer by layer. */
import { type Histogram, histogramOf } from '../histogram.js';
import { type Html, html } from './html.js';
import type { Report } from './types.js';

const [WIDTH, HEIGHT] = [150, 22];

/** Bars side by side, the most frequent as high as there is room. */
function outline({ bucket }: Histogram): string {
  const [wide, most] = [WIDTH / bucket.length, Math.max(...bucket)];
  const steps = bucket.map((count, i) => {
    const top = HEIGHT * (1 - count / most);
    return `V${+top.toFixed(1)}H${+((i + 1) * wide).toFixed(1)}`;
  });
  return `M0 ${HEIGHT}${steps.join('')}V${HEIGHT}Z`;
}

const short = (value: number): string => String(+value.toPrecision(3));

export const weightsPart = (weights: NonNullable<Report['weights']>): Html => {
  const rows = Object.entries(weights).map(([name, { shape, data }]) => {
    const histogram = histogramOf(data);
    const { min, max, num, sum, sumSquares } = histogram;
    const mean = sum / num;
    const deviation = Math.sqrt(Math.max(0, sumSquares / num - mean * mean));
    const what = `from ${short(min)} to ${short(max)}`;
    return html`<tr><th scope="row"><code>${name}</code></th><td>${shape.join(' × ')}</td><td>${short(mean)}</td><td>${short(
      deviation,
    )}</td><td>${short(min)}</td><td><svg class="distribution" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${what}"><path d="${outline(
      histogram,
    )}"/></svg></td><td>${short(max)}</td></tr>`;
  });
  return html`<details><summary>Filters and matrices of the best model, layer by layer</summary><div class="scroll" tabindex="0" role="region"
aria-label="Weights"><table class="numbers"><thead><tr><th scope="col">Name</th><th scope="col">Shape</th><th scope="col">Mean</th><th
scope="col">Deviation</th><th scope="col">Least</th><th scope="col">Distribution</th><th scope="col">Largest</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
};
