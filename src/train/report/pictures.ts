import { sharp } from '../../data/sharp.js';
import { percent } from './figures.js';
import { type Html, html } from './html.js';
import type { Pixels, Prediction, Reconstruction, Report } from './types.js';

/** The longest side in the page; a photo is shown no larger. */
const LONGEST = 256;
/** Up to this side, pixels stay sharp squares when a screen enlarges them. */
const SHARP_BELOW = 128;

/** An image as part of the page: a PNG in a data URI. */
const picture = async ({ data, height, width, channels }: Pixels, alt: string): Promise<Html> => {
  const png = await sharp(data, { raw: { width, height, channels } })
    .resize({ width: LONGEST, height: LONGEST, fit: 'inside', withoutEnlargement: true })
    .png({ compressionLevel: 9 })
    .toBuffer();
  const kind = Math.max(height, width) < SHARP_BELOW ? 'pixels' : 'photo';
  return html`<img class="${kind}" src="data:image/png;base64,${png.toString('base64')}" width="${width}" height="${height}" alt="${alt}">`;
};

const card = async ({ image, truth, top }: Prediction): Promise<Html> => {
  const right = top[0]?.label === truth;
  return html`<figure class="card ${right ? 'right' : 'wrong'}">${await picture(image, `An image of class ${truth}`)}<figcaption>
<p class="verdict"><span class="mark" aria-hidden="true">${right ? '✓' : '✗'}</span> <b>${truth}</b><span
class="unseen">${right ? ', right' : ', taken for another class'}</span></p><ol>${top.map(
    ({ label, probability }) =>
      html`<li style="--share:${Math.min(1, Math.max(0, probability)) || 0}"${
        label === truth && html` class="true"`
      }><span>${label}</span> <span>${percent(probability)}</span></li>`,
  )}</ol></figcaption></figure>`;
};

/** Cards: the image, its true class, and the most probable classes with a bar each. */
export const predictions = async (shown: readonly Prediction[]): Promise<Html> =>
  html`<p class="note">Each card is headed by the true class; below it stand the most probable answers.</p>
<div class="cards">${await Promise.all(shown.map(card))}</div>`;

const pair = async ({ input, output, name }: Reconstruction): Promise<Html> =>
  html`<figure class="pair">${await picture(input, `Input${name ? ` ${name}` : ''}`)}${await picture(output, 'Its reconstruction')}${
    name !== undefined && html`<figcaption>${name}</figcaption>`
  }</figure>`;

/** Pairs: the input above, what came out below. */
export const reconstructions = async (shown: readonly Reconstruction[]): Promise<Html> =>
  html`<p class="note">Input above, its reconstruction below.</p><div class="pairs">${await Promise.all(shown.map(pair))}</div>`;

/** Images that a network made, each above its class where there are classes. */
export const samples = async (shown: NonNullable<Report['samples']>): Promise<Html> =>
  html`<p class="note">Made of random vectors.</p><div class="pairs">${await Promise.all(
    shown.map(
      async ({ image, label }) =>
        html`<figure class="pair">${await picture(image, label ? `A sample of class ${label}` : 'A sample')}${
          label !== undefined && html`<figcaption>${label}</figcaption>`
        }</figure>`,
    ),
  )}</div>`;
