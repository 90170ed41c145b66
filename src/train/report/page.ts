import { confusionPart } from './confusion.js';
import { curves } from './curves.js';
import { count } from './figures.js';
import { type Html, html, raw } from './html.js';
import { predictions, reconstructions } from './pictures.js';
import { STYLE } from './style.js';
import type { Report } from './types.js';

const TASKS = { classify: 'Image classification', reconstruct: 'Image reconstruction' } as const;

/** Forbids the page to load or run anything, whatever text found its way into it. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

const section = (title: string, content: Html): Html => html`<section><h2>${title}</h2>${content}</section>`;

const pairsOf = (entries: readonly (readonly [string, string])[], kind: string): Html =>
  html`<dl class="${kind}">${entries.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;

const reproduction = ({ command, configuration, environment }: Report): Html => html`<h3>Command</h3>
<pre class="command"><code>${command}</code></pre><details><summary>Configuration</summary><pre><code>${
  JSON.stringify(configuration, null, 2) ?? ''
}</code></pre></details><h3>Environment</h3>${pairsOf(Object.entries(environment), 'environment')}`;

const skippedFiles = (skipped: NonNullable<Report['skipped']>): Html => html`<p class="note">These ${count(
  skipped.length,
)} could not be read and took no part.</p><div class="scroll" tabindex="0" role="region" aria-label="Skipped images"><table class="figures"><thead><tr><th
scope="col">File</th><th scope="col">Reason</th></tr></thead><tbody>${skipped.map(
  ({ file, reason }) => html`<tr><th scope="row"><code>${file}</code></th><td>${reason}</td></tr>`,
)}</tbody></table></div>`;

const filled = <T>(list: readonly T[] | undefined): readonly T[] | undefined => (list?.length ? list : undefined);

/** The whole page. It needs no network, no script and no other file. */
export const renderReport = async (report: Report): Promise<string> => {
  const { title, task, summary, confusion } = report;
  const cards = filled(report.predictions);
  const pairs = filled(report.reconstructions);
  const skipped = filled(report.skipped);
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${title}</title><style>${raw(STYLE)}</style></head><body><main>
<header><p class="task">${TASKS[task]}</p><h1>${title}</h1>${pairsOf(
    summary.map(({ label, value }) => [label, value] as const),
    'summary',
  )}</header>
${section('Training', curves(report))}
${cards && section('Predictions', await predictions(cards))}
${pairs && section('Reconstructions', await reconstructions(pairs))}
${confusion && section('Classes', confusionPart(confusion))}
${section('How to do it again', reproduction(report))}
${skipped && section('Skipped images', skippedFiles(skipped))}
</main></body></html>
`.text;
};
