/** A network as the figure shows it: stages, their blocks, the layers of these, read off the graph that the library builds. */
import { type Node, nodesOf } from '../../../src/graph/index.js';
import { buildNetwork, type LayerRow, type Network, summarise } from '../../../src/models/index.js';
import { byScope } from '../../../src/models/summary.js';

/** What anything in the figure costs, and the shapes of one sample before and behind it. */
export interface Figures {
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/** One row of the summary, and the nodes that it was made of. */
export interface Step extends LayerRow {
  readonly nodes: readonly Node[];
}

/** A convolution, pool or dense layer, with the norm and activation that go with it. */
export interface Layer extends Figures {
  readonly name: string;
  readonly branch: 'left' | 'right';
  readonly steps: readonly Step[];
}

export interface Block extends Figures {
  /** `2.0`: the first block of the second stage; `stem` and `head` are one block each. */
  readonly id: string;
  /** Path in the network: `layer2.0`. */
  readonly name: string;
  readonly layers: readonly Layer[];
  /** How its branches are joined; nothing where it has none. */
  readonly join?: Step;
  /** Its place among the residual blocks, in the order of computation, and how many there are. */
  readonly place: readonly [index: number, count: number];
}

export interface Stage extends Figures {
  readonly id: string;
  readonly blocks: readonly Block[];
}

export interface Anatomy extends Figures {
  readonly network: Network;
  readonly stages: ReadonlyMap<string, Stage>;
}

/** `layer2.0.conv1` or the article's `res_1_0_left_myconv1.conv`, whose stages count from 0. */
const BLOCK = /^(?:layer(\d+)\.(\d+)|res_(\d+)_(\d+))/;
const SHORTCUT = /downsample|upsample|_right_/;
const SQUEEZE = /\.se(\.|$)/;
const BEGINS_LAYER = /Conv|Gemm|Pool|Resize/;

function blockIdOf(layer: string): string | undefined {
  const [found, stage, block, articleStage, articleBlock] = BLOCK.exec(layer) ?? [];
  if (!found) return undefined;
  return stage ? `${stage}.${block}` : `${Number(articleStage) + 1}.${articleBlock}`;
}

/** @param ends what stands before the first stage, and what behind the last */
export function anatomyOf(network: Network, ends: readonly [string, string]): Anatomy {
  const { layers, input, parameters, multiplyAdds } = summarise(network);
  const runs = byScope(nodesOf([buildNetwork(network, { batch: 1 }).y]));
  const steps = layers.map((row, i): Step => ({ ...row, nodes: runs[i]! }));
  const blocks = blocksOf(steps, { network, ends });
  const stages = grouped(blocks, ({ id }) => id.split('.')[0]!);
  const all = [...stages].map(([id, own]): [string, Stage] => [id, stageOf(id, own)]);
  return { network, stages: new Map(all), input, output: layers.at(-1)!.output, parameters, multiplyAdds };
}

function grouped<T>(items: readonly T[], by: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(by(item), [...(groups.get(by(item)) ?? []), item]);
  return groups;
}

const stageOf = (id: string, blocks: readonly Block[]): Stage => ({
  id,
  blocks,
  input: blocks[0]!.input,
  output: blocks.at(-1)!.output,
  ...costOf(blocks),
});

type Cost = Pick<Figures, 'parameters' | 'multiplyAdds'>;
const costOf = (parts: readonly Cost[]): Cost => ({
  parameters: parts.reduce((sum, part) => sum + part.parameters, 0),
  multiplyAdds: parts.reduce((sum, part) => sum + part.multiplyAdds, 0),
});

function blocksOf(
  steps: readonly Step[],
  { network, ends: [before, behind] }: { readonly network: Network; readonly ends: readonly [string, string] },
): readonly Block[] {
  const first = steps.findIndex(({ layer }) => blockIdOf(layer));
  const idOf = (step: Step) => blockIdOf(step.layer) ?? (steps.indexOf(step) < first ? before : behind);
  const groups = [...grouped(steps, idOf)];
  const count = groups.length - 2;
  const normsFirst = 'setting' in network.config && network.config.setting.preactivation;
  let input = network.input;
  return groups.map(([id, own], i) => {
    const block = blockOf(id, own, { input, normsFirst });
    input = block.output;
    return { ...block, place: [i - 1, count] };
  });
}

function blockOf(
  id: string,
  steps: readonly Step[],
  { input, normsFirst }: { readonly input: readonly number[]; readonly normsFirst: boolean },
): Omit<Block, 'place'> {
  const last = steps.at(-1)!;
  const join = last.kind.startsWith('Add') ? last : undefined;
  const layers = layersOf(join ? steps.slice(0, -1) : steps, { normsFirst: normsFirst && join !== undefined });
  return { id, name: join?.layer ?? id, layers, ...(join && { join }), input, output: last.output, ...costOf(layers) };
}

/** Norms belong to the convolution before them, or behind them where they come first; squeeze and excitation is one layer. */
function layersOf(steps: readonly Step[], { normsFirst }: { readonly normsFirst: boolean }): readonly Layer[] {
  const groups: Step[][] = [];
  for (const step of steps) {
    const open = groups.at(-1);
    const isFull = open?.some(isMain) && (isMain(step) || normsFirst);
    if (open && (!isFull || (squeezes(open[0]!) && squeezes(step)))) open.push(step);
    else groups.push([step]);
  }
  return groups.map(layerOf);
}

const isMain = ({ kind }: Step) => BEGINS_LAYER.test(kind);
const squeezes = ({ layer }: Step) => SQUEEZE.test(layer);

function layerOf(steps: readonly Step[]): Layer {
  const main = steps.find(isMain) ?? steps[0]!;
  return {
    name: main.layer,
    branch: SHORTCUT.test(main.layer) ? 'right' : 'left',
    steps,
    input: steps[0]!.nodes[0]!.inputs[0]!.shape.slice(1) as readonly number[],
    output: steps.at(-1)!.output,
    ...costOf(steps),
  };
}

/** Learned and tracked numbers of a layer, by the names that files have them under. */
export const weightsOf = (layer: Layer): readonly { readonly name: string; readonly shape: readonly number[] }[] => {
  const values = layer.steps.flatMap(({ nodes }) => nodes.flatMap(({ inputs }) => inputs));
  const found = values.flatMap(({ source, shape }) =>
    source.kind === 'parameter' ? [[source.name, shape as readonly number[]] as const] : [],
  );
  return [...new Map(found)].map(([name, shape]) => ({ name, shape }));
};

export const isSqueeze = ({ steps: [first] }: Layer): boolean => squeezes(first!);

/** What gives a layer its name: a convolution, a pool, a dense layer. */
export const mainOf = ({ steps }: Layer): Node =>
  steps.flatMap(({ nodes }) => nodes).find(({ op }) => BEGINS_LAYER.test(op)) ?? steps[0]!.nodes[0]!;

/** The article's norm per position has no operator of its own. */
export const isNorm = ({ kind }: Step): boolean => /BatchNormalization|Sub \+ Add \+ Pow/.test(kind);
export const endsInRelu = (step: Step): boolean => step.kind.endsWith('Relu');
