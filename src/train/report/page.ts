import { confusionPart } from './confusion.js';
import { curves } from './curves.js';
import { count } from './figures.js';
import { page, pairsOf, section } from './frame.js';
import { type Html, html } from './html.js';
import { predictions, reconstructions, samples } from './pictures.js';
import type { Report } from './types.js';
import { weightsPart } from './weights.js';

const TASKS = {
  classify: 'Image classification',
  reconstruct: 'Image reconstruction',
  generate: 'Image generation',
} as const;

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

/** The page of one run. */
export const renderReport = async (report: Report): Promise<string> => {
  const { title, task, summary, confusion } = report;
  const cards = filled(report.predictions);
  const pairs = filled(report.reconstructions);
  const made = filled(report.samples);
  const skipped = filled(report.skipped);
  return page({
    title,
    kind: TASKS[task],
    summary: pairsOf(
      summary.map(({ label, value }) => [label, value] as const),
      'summary',
    ),
    sections: [
      section('Training', curves(report)),
      cards && section('Predictions', await predictions(cards)),
      pairs && section('Reconstructions', await reconstructions(pairs)),
      made && section('Samples', await samples(made)),
      confusion && section('Classes', confusionPart(confusion)),
      report.weights && section('Weights', weightsPart(report.weights)),
      section('How to do it again', reproduction(report)),
      skipped && section('Skipped images', skippedFiles(skipped)),
    ],
  });
};
