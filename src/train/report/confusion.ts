import { count, percent } from './figures.js';
import { type Html, html } from './html.js';
import type { Confusion } from './types.js';

/** Up to these many classes a cell has room for a large count, for a small one; beyond, shade alone. */
const ROOM = [
  { upTo: 12, name: 'roomy' },
  { upTo: 32, name: 'close' },
  { upTo: Infinity, name: 'dense' },
] as const;

/** Beyond these shades black text has less contrast than white text; at them, both have 4.5 to 1. */
const STRONG = { hit: 0.85, miss: 0.93 } as const;
const LEGEND = [0.01, 0.1, 0.3, 0.6, 1];
const WORST = 10;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Of a share, 0 to 1. The square root, for one mistake in a hundred should still be seen. */
const shade = (share: number): number => Math.sqrt(share);

/** What the matrix says about one class. */
export interface ClassFigures {
  readonly name: string;
  /** Images of this class. */
  readonly images: number;
  /** Of what was called so, the share that is. NaN when nothing was called so. */
  readonly precision: number;
  /** Of what is so, the share that was called so. NaN when there is none. */
  readonly recall: number;
}

export const classFigures = ({ classes, counts }: Confusion): ClassFigures[] =>
  classes.map((name, i) => {
    const hits = counts[i]?.[i] ?? 0;
    const images = sum(counts[i] ?? []);
    return { name, images, precision: hits / sum(counts.map((row) => row[i] ?? 0)), recall: hits / images };
  });

const cell = (
  { classes, counts }: Confusion,
  { from, to, total }: { from: number; to: number; total: number },
): Html => {
  const value = counts[from]?.[to] ?? 0;
  if (value === 0) return html`<td${from === to && html` class="hit"`}></td>`;
  const level = shade(value / total);
  const kind = from === to ? 'hit' : 'miss';
  const words = `${classes[from]} taken for ${classes[to]}: ${value} of ${total}`;
  return html`<td class="${kind}${level > STRONG[kind] && ' strong'}" style="--shade:${level.toFixed(3)}" title="${words}"><span>${count(value)}</span></td>`;
};

const legend = html`<p class="note">Rows: the true class. Columns: the answer. Blue is right, orange wrong.</p>
<p class="shades" aria-hidden="true">Share of the row ${LEGEND.map(
  (share) => html`<span><i class="hit" style="--shade:${shade(share).toFixed(2)}"></i><i
class="miss" style="--shade:${shade(share).toFixed(2)}"></i>${share * 100}%</span>`,
)}</p>`;

/** Rows are true classes, columns predicted ones; shaded by the share of the row. */
const matrix = (confusion: Confusion): Html => {
  const { classes, counts } = confusion;
  const room = ROOM.find(({ upTo }) => classes.length <= upTo)!.name;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table
class="confusion ${room}"><caption class="unseen">Rows: the true class. Columns: the predicted class.</caption>
<thead><tr><td></td>${classes.map((name) => html`<th scope="col"><span>${name}</span></th>`)}</tr></thead><tbody>${classes.map(
    (name, from) =>
      html`<tr><th scope="row">${name}</th>${classes.map((_, to) =>
        cell(confusion, { from, to, total: sum(counts[from] ?? []) }),
      )}</tr>`,
  )}</tbody></table></div>`;
};

/** The pairs of classes that are mixed up most, by number of images. */
const worstMistakes = ({ classes, counts }: Confusion): Html => {
  const mistakes = counts
    .flatMap((row, from) => row.map((value, to) => ({ from, to, value, total: sum(row) })))
    .filter(({ from, to, value }) => from !== to && value > 0)
    .sort((a, b) => b.value - a.value || a.from - b.from)
    .slice(0, WORST);
  if (mistakes.length === 0) return html`<p class="note">No mistake on the validation split.</p>`;
  return html`<table class="figures"><caption>Most frequent mistakes</caption><thead><tr><th scope="col">True</th>
<th scope="col">Taken for</th><th scope="col" class="number">Images</th><th scope="col" class="number">Of the class</th></tr></thead>
<tbody>${mistakes.map(
    ({ from, to, value, total }) => html`<tr><th scope="row">${classes[from]}</th><td>${classes[to]}</td>
<td class="number">${count(value)}</td><td class="number">${percent(value / total)}</td></tr>`,
  )}</tbody></table>`;
};

const bar = (share: number): Html =>
  html`<td class="number bar" style="--share:${Number.isFinite(share) ? share.toFixed(4) : 0}"><span>${percent(share)}</span></td>`;

const classTable = (confusion: Confusion): Html =>
  html`<table class="figures"><caption>Every class</caption><thead><tr><th scope="col">Class</th><th scope="col"
class="number">Images</th><th scope="col" class="number">Precision</th><th scope="col" class="number">Recall</th></tr></thead>
<tbody>${classFigures(confusion).map(
    ({ name, images, precision, recall }) =>
      html`<tr><th scope="row">${name}</th><td class="number">${count(images)}</td>${bar(precision)}${bar(recall)}</tr>`,
  )}</tbody></table>`;

/** A page takes this many rows; more scroll in a window of their own. */
const LONG = 30;

/** The matrix and what follows from it. Where it is small it lies beside the table of classes, and shows mistakes well enough. */
export const confusionPart = (confusion: Confusion): Html => {
  const { length } = confusion.classes;
  const small = length <= ROOM[0].upTo;
  const table = html`<div${length > LONG && html` class="scroll long" tabindex="0" role="region" aria-label="Every class"`}>${classTable(confusion)}</div>`;
  return small
    ? html`${legend}<div class="beside"><div class="matrix">${matrix(confusion)}</div>${table}</div>`
    : html`${legend}${matrix(confusion)}<div class="beside below">${table}<div>${worstMistakes(confusion)}</div></div>`;
};
