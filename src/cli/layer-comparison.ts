/** Two networks side by side, layer by layer. */
import type { Summary } from '../models/index.js';
import { columns, shortened, widthOf } from './columns.js';
import { grouped, scaled } from './figures.js';
import { type Detail, gathered, operators, type Row } from './layer-table.js';
import type { Paint } from './terminal.js';

export interface ComparedLayer {
  readonly layer: string;
  /** `left` and `right`: only that one has it. */
  readonly change: 'same' | 'differs' | 'left' | 'right';
  readonly left?: Row;
  readonly right?: Row;
}

/** Layers of both in the order of both, those of one name beside each other. */
export function comparedRows(both: readonly [Summary, Summary], by: Detail): readonly ComparedLayer[] {
  const [lefts, rights] = both.map(({ layers }) => gathered(layers, by)) as [Row[], Row[]];
  return aligned(lefts, rights).map(([left, right]) => ({
    layer: (left ?? right)!.layer,
    change: left && right ? (figuresOf(left) === figuresOf(right) ? 'same' : 'differs') : left ? 'left' : 'right',
    ...(left && { left }),
    ...(right && { right }),
  }));
}

const figuresOf = ({ kind, output, parameters, multiplyAdds }: Row) =>
  JSON.stringify([kind, output, parameters, multiplyAdds]);

type Pair = readonly [left: Row | undefined, right: Row | undefined];

/** Rows paired by their names so that as many as possible have a partner: the longest common subsequence. */
function aligned(lefts: readonly Row[], rights: readonly Row[]): readonly Pair[] {
  const width = rights.length + 1;
  /** [i, j]: pairs among lefts from i on and rights from j on. */
  const most = new Int32Array((lefts.length + 1) * width);
  const matches = (i: number, j: number) => lefts[i]!.layer === rights[j]!.layer;
  for (let i = lefts.length - 1; i >= 0; i--)
    for (let j = rights.length - 1; j >= 0; j--)
      most[i * width + j] = matches(i, j)
        ? most[(i + 1) * width + j + 1]! + 1
        : Math.max(most[(i + 1) * width + j]!, most[i * width + j + 1]!);
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < lefts.length || j < rights.length) {
    if (i < lefts.length && j < rights.length && matches(i, j)) pairs.push([lefts[i++], rights[j++]]);
    else if (j === rights.length || (i < lefts.length && most[(i + 1) * width + j]! >= most[i * width + j + 1]!))
      pairs.push([lefts[i++], undefined]);
    else pairs.push([undefined, rights[j++]]);
  }
  return pairs;
}

const MARKS: { readonly [C in ComparedLayer['change']]: string } = { same: ' ', differs: '≠', left: '<', right: '>' };

/** The longest name of a layer that the table shows in full; with two columns for each network it fits 80 columns. */
const NAME = 26;

const figureCells = (row: Row | undefined): readonly string[] =>
  row ? [row.output.join('×'), row.parameters === 0 ? '–' : grouped(row.parameters)] : ['', ''];

/** Lines to print: rows that differ marked and bright, all others dim. */
export function comparisonTable(
  [left, right]: readonly [Summary, Summary],
  rows: readonly ComparedLayer[],
  { by, paint }: { readonly by: Detail; readonly paint: Paint },
): string[] {
  const name = (text: string) => shortened(text, 22, { keep: 'end' });
  const cells = rows.map((row) => [
    MARKS[row.change],
    shortened(row.layer || '·', NAME, { keep: 'end' }),
    ...figureCells(row.left),
    ...figureCells(row.right),
  ]);
  const totals = [
    ['total', 'parameters', '', grouped(left.parameters), '', grouped(right.parameters)],
    ['', 'mult-adds', '', scaled(left.multiplyAdds), '', scaled(right.multiplyAdds)],
  ].map(([, label, ...rest]) => ['', label!, ...rest]);
  const [head, ...body] = columns(
    [['', by, 'output', 'parameters', 'output', 'parameters'], ...cells, ...totals],
    '<<>>>>',
  );
  const rule = paint('dim', '─'.repeat(Math.max(...[head!, ...body].map(widthOf))));
  const differing = rows.filter(({ change }) => change !== 'same').length;
  return [
    `${paint('bold', name(left.name))} (left) and ${paint('bold', name(right.name))} (right): ${differing} of ${rows.length} rows differ`,
    paint('dim', '≠ differs, < only on the left, > only on the right'),
    '',
    paint('bold', head!),
    rule,
    ...body.slice(0, rows.length).map((line, i) => (rows[i]!.change === 'same' ? paint('dim', line) : line)),
    rule,
    ...body.slice(rows.length).map((line) => paint('bold', line)),
    ...notShown(rows),
  ];
}

/** Of these, so many are listed. */
const LISTED = 12;

/** What sets layers apart that look the same in the table. */
function notShown(rows: readonly ComparedLayer[]): string[] {
  const hidden = rows.filter(
    ({ change, left, right }) => change === 'differs' && `${figureCells(left)}` === `${figureCells(right)}`,
  );
  if (hidden.length === 0) return [];
  const more = hidden.length > LISTED ? [`and ${hidden.length - LISTED} more`] : [];
  const of = ({ left, right }: ComparedLayer) =>
    left!.kind === right!.kind
      ? `${scaled(left!.multiplyAdds)} and ${scaled(right!.multiplyAdds)} multiply-adds`
      : `${operators(left!.kind)} and ${operators(right!.kind)}`;
  return ['', ...hidden.slice(0, LISTED).map((row) => `${row.layer}: ${of(row)}`), ...more];
}
