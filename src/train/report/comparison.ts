import { overlaid, type Recorded } from './curves.js';
import { page, section } from './frame.js';
import { type Html, html } from './html.js';

/** One line of a table with a column for each run. */
export interface ComparedRow {
  readonly label: string;
  readonly values: readonly string[];
}

/** All that a page about several runs shows. */
export interface Comparison {
  /** In this order they take the page's series colours, of which there are eight. */
  readonly runs: readonly (Recorded & { readonly name: string })[];
  /** What came of them. */
  readonly figures: readonly ComparedRow[];
  /** Settings in which they differ. */
  readonly differences: readonly ComparedRow[];
}

const rowsOf = (rows: readonly ComparedRow[]): Html[] =>
  rows.map(
    ({ label, values }) =>
      html`<tr><th scope="row">${label}</th>${values.map((value) => html`<td>${value}</td>`)}</tr>`,
  );

const table = ({ runs, figures, differences }: Comparison): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="Results and settings"><table class="figures compared"><thead><tr><td></td>${runs.map(
    (run, i) => html`<th scope="col" class="run s${i}">${run.name}</th>`,
  )}</tr></thead><tbody>${rowsOf(figures)}</tbody><tbody><tr><th scope="rowgroup" colspan="${runs.length + 1}">${
    differences.length > 0 ? 'Settings that differ' : 'The runs have the same settings.'
  }</th></tr>${rowsOf(differences)}</tbody></table></div>`;

/** The page of several runs; like a report's it needs no network, no script and no other file. */
export const renderComparison = (comparison: Comparison): string => {
  const { runs } = comparison;
  const begun = runs.some(({ history, steps = [] }) => history.length + steps.length > 0);
  return page({
    title: runs.map(({ name }) => name).join(' · '),
    kind: `${runs.length} runs compared`,
    summary: html``,
    sections: [
      section('Results', table(comparison)),
      section('Training', begun ? overlaid(runs) : html`<p class="note">No run has recorded a step.</p>`),
    ],
  });
};
