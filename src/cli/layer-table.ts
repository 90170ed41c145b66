/** The layers of a network as a table that fits 80 columns. */
import type { LayerRow, Summary } from '../models/index.js';
import { columns, widthOf } from './columns.js';
import { counted, grouped, scaled } from './figures.js';
import type { Paint } from './terminal.js';

/** How finely the network is shown. */
export type Detail = 'layer' | 'block' | 'stage';

/** Operators by the names that people use in tables. */
const SHORT: Readonly<Record<string, string>> = {
  BatchNormalization: 'BatchNorm',
  ConvTranspose: 'Deconv',
  GlobalAveragePool: 'AvgPool',
  ReduceMean: 'Mean',
  DepthToSpace: 'Shuffle',
  Relu: 'ReLU',
  Gemm: 'Dense',
};
/** The article's normalisation per position has no operator of its own. */
const SPELLED_OUT = /^Sub \+ Add \+ Pow \+ Mul/;

export const operators = (kind: string): string =>
  kind
    .replace(SPELLED_OUT, 'BatchNormalization')
    .split(' + ')
    .map((op) => SHORT[op] ?? op)
    .join(', ');

/** `encoder.layer1.0.conv1` -> `encoder.layer1.0`; `res_0_1_left_myconv1.conv` -> `res_0_1`. Single layers stand for themselves. */
const BLOCK = /^(?:(?:encoder|decoder)\.)?(?:layer\d+\.\d+|res_\d+_\d+)/;
const STAGE = /^(?:(?:encoder|decoder)\.)?(?:layer\d+|res_\d+)/;
const groupings: { readonly [D in Detail]: (layer: string) => string } = {
  layer: (layer) => layer,
  block: (layer) => BLOCK.exec(layer)?.[0] ?? layer,
  stage: (layer) => STAGE.exec(layer)?.[0] ?? layer,
};

export interface Row extends LayerRow {
  /** The stage that it belongs to, empty outside of all. */
  readonly stage: string;
}

/** Neighbours that belong together as one row: the last one's output, the sums of their figures. */
export function gathered(layers: readonly LayerRow[], by: Detail): Row[] {
  const rows: Row[] = [];
  for (const { layer, kind, output, parameters, multiplyAdds } of layers) {
    const name = groupings[by](layer);
    const stage = STAGE.exec(layer)?.[0] ?? '';
    const before = rows.at(-1);
    if (before && before.layer === name && by !== 'layer')
      rows[rows.length - 1] = {
        ...before,
        kind: '',
        output,
        parameters: before.parameters + parameters,
        multiplyAdds: before.multiplyAdds + multiplyAdds,
      };
    else rows.push({ layer: name, kind, output, parameters, multiplyAdds, stage });
  }
  return rows;
}

const orDash = (value: number, write: (value: number) => string) => (value === 0 ? '–' : write(value));

const cells = ({ layer, kind, output, parameters, multiplyAdds }: LayerRow, by: Detail) => [
  layer || '·',
  ...(by === 'layer' ? [operators(kind)] : []),
  output.join('×'),
  orDash(parameters, grouped),
  orDash(multiplyAdds, scaled),
];

/** Lines to print: a title, a row per part with a rule between stages, the totals. */
export function layerTable(
  { name, input, layers, parameters, multiplyAdds }: Summary,
  { by, paint }: { readonly by: Detail; readonly paint: Paint },
): string[] {
  const rows = gathered(layers, by);
  const heading = [by, ...(by === 'layer' ? ['operators'] : []), 'output', 'parameters', 'mult-adds'];
  const total = ['total', ...(by === 'layer' ? [''] : []), '', grouped(parameters), scaled(multiplyAdds)];
  const alignment = by === 'layer' ? '<<>>>' : '<>>>';
  const [head, ...body] = columns([heading, ...rows.map((row) => cells(row, by)), total], alignment);
  const rule = '─'.repeat(Math.max(...[head!, ...body].map(widthOf)));
  const sums = body.pop()!;
  const lines = body.flatMap((line, i) => {
    const apart = i > 0 && by !== 'stage' && rows[i]!.stage !== rows[i - 1]!.stage;
    return [...(apart ? [paint('dim', rule)] : []), rows[i]!.parameters === 0 ? paint('dim', line) : line];
  });
  const megabytes = `${((4 * parameters) / 1e6).toFixed(1)} MB as float32`;
  return [
    `${paint('bold', name)}  ${paint('dim', `input ${input.join('×')}, ${counted(layers.length, 'layer')}, ${megabytes}`)}`,
    '',
    paint('bold', head!),
    paint('dim', rule),
    ...lines,
    paint('dim', rule),
    paint('bold', sums),
  ];
}
