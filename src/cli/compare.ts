/** `resmirror compare`: runs side by side. */
import type { ComparedRow, Comparison } from '../train/report/comparison.js';
import { columns, shortened, widthOf } from './columns.js';
import { command, option } from './command.js';
import type { Terminal } from './terminal.js';

export const compare = command({
  arguments: { '<run...>': '2 to 8 run folders, finished or not' },
  options: {
    out: option('--out <file>', 'also an HTML page with the curves of all runs over each other', { group: 'Output' }),
  },
  examples: [
    ['compare runs/resnet18-photos-1 runs/resnet18-photos-2', 'settings that differ, and results'],
    ['compare runs/*photos* --out compare.html', 'with curves'],
  ],
  async run({ args, options, terminal }) {
    const { compareRuns } = await import('../train/compare.js');
    const { runs, differences, shown } = await compareRuns(args.run);
    if (options.out !== undefined) {
      const { renderComparison } = await import('../train/report/comparison.js');
      const { writeAtomically } = await import('../weights/index.js');
      await writeAtomically(options.out, renderComparison(shown));
    }
    for (const line of lines(shown, terminal)) terminal.print(line);
    if (options.out !== undefined) terminal.print(`\nPage  ${options.out}`);
    return { json: { runs, differences, ...(options.out !== undefined && { page: options.out }) } };
  },
});

const GAP = 2;
/** A column narrower than this says nothing. */
const LEAST_WIDTH = 10;

/** A table of results and one of settings, in which the runs have the same columns. */
function lines({ runs, figures, differences }: Comparison, { paint, width }: Terminal): string[] {
  const names = { label: '', values: runs.map(({ name }) => name) };
  const rows = [names, ...figures, ...differences];
  const labels = Math.max(...rows.map(({ label }) => widthOf(label)));
  const room = Math.max(LEAST_WIDTH, Math.floor((width - labels) / runs.length) - GAP);
  const cells = ({ label, values }: ComparedRow) => [label, ...values.map((value) => shortened(value, room))];
  // what tells runs apart is often the number at the end of their names
  const head = ['', ...names.values.map((name) => shortened(name, room, { keep: 'end' }))];
  const [first, ...rest] = columns([head, ...[...figures, ...differences].map(cells)], '<'.repeat(runs.length + 1));
  const none = 'The runs have the same configuration.';
  return [
    paint('bold', first!),
    ...rest.slice(0, figures.length),
    '',
    paint('dim', differences.length > 0 ? 'Settings that differ' : none),
    ...rest.slice(figures.length),
  ];
}
