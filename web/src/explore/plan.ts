/** A network as the part shows it: stages of blocks of layers, read off the graph by the library's own summary. */
import { nodesOf } from '../../../src/graph/index.js';
import {
  buildNetwork,
  type LayerRow,
  type Network,
  networkNamed,
  type Summary,
  summarise,
} from '../../../src/models/index.js';

export interface Asked {
  /** As on the command line, without the mirror's prefix. */
  readonly net: string;
  readonly variant: string | undefined;
  /** Height and width, px. */
  readonly size: number;
  readonly classes: number;
}

export interface Layer extends LayerRow {
  /** Height and width of a convolution's window. */
  readonly kernel?: readonly number[];
  /** Of a convolution; a transposed one enlarges by it. */
  readonly stride?: number;
  readonly weights: readonly string[];
}

interface Cost {
  readonly output: readonly number[];
  readonly parameters: number;
  readonly multiplyAdds: number;
}

export interface Block extends Cost {
  /** `layer1.0`; what stands outside of blocks goes by the stage's name. */
  readonly name: string;
  readonly layers: readonly Layer[];
}

export interface Stage extends Cost {
  /** `stem`, `layer1`, …, `head`: the same in both directions. */
  readonly name: string;
  readonly blocks: readonly Block[];
}

export interface Plan {
  readonly summary: Summary;
  /** In the order in which data go. */
  readonly stages: readonly Stage[];
}

/** The ResNet and its mirror. @throws UserError for what cannot be built */
export function plansOf({ net, variant, size, classes }: Asked): { readonly forward: Plan; readonly mirror: Plan } {
  const options = { size, ...(variant && { variant }) };
  const reversed = { size, ...(variant && { variant: variant === 'article' ? 'article' : 'mirror' }) };
  return {
    forward: planOf(networkNamed(net, { ...options, classes })),
    mirror: planOf(networkNamed(`transpose-${net}`, reversed)),
  };
}

function planOf(network: Network): Plan {
  const summary = summarise(network);
  const details = detailsOf(network);
  const layers = summary.layers.map(
    (row): Layer => ({ ...row, ...details.get(row.layer), weights: details.get(row.layer)?.weights ?? [] }),
  );
  const places = layers.map(({ layer }) => placeOf(layer));
  const isBefore = (i: number) => places.slice(i).some((place) => place !== undefined);
  const isReversed = network.input.length === 1;
  const stages = grouped(layers, (_, i) => places[i]?.stage ?? (isBefore(i) !== isReversed ? 'stem' : 'head'));
  return {
    summary,
    stages: stages.map(([name, inside]) => {
      const blocks = grouped(inside, ({ layer }) => placeOf(layer)?.block ?? name);
      return {
        name,
        ...costOf(inside),
        blocks: blocks.map(([block, all]) => ({ name: block, layers: all, ...costOf(all) })),
      };
    }),
  };
}

/** Where blocks are, by the names that both variants give: torchvision's, and the article's. */
function placeOf(layer: string): { readonly stage: string; readonly block: string } | undefined {
  const torch = /^(layer\d+)\.\d+/.exec(layer);
  if (torch) return { stage: torch[1]!, block: torch[0] };
  const article = /^res_(\d+)_\d+/.exec(layer);
  return article ? { stage: `layer${Number(article[1]) + 1}`, block: article[0] } : undefined;
}

/** Runs of items of one name. */
function grouped<T>(
  items: readonly T[],
  nameOf: (item: T, i: number) => string,
): readonly (readonly [string, readonly T[]])[] {
  const groups: [string, T[]][] = [];
  for (const [i, item] of items.entries()) {
    const name = nameOf(item, i);
    if (groups.at(-1)?.[0] === name) groups.at(-1)![1].push(item);
    else groups.push([name, [item]]);
  }
  return groups;
}

const costOf = (layers: readonly Layer[]): Cost => ({
  output: layers.at(-1)!.output,
  parameters: layers.reduce((sum, layer) => sum + layer.parameters, 0),
  multiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
});

/** What a summary leaves out, by layer. */
function detailsOf(network: Network): ReadonlyMap<string, Pick<Layer, 'kernel' | 'stride' | 'weights'>> {
  const details = new Map<string, Pick<Layer, 'kernel' | 'stride' | 'weights'>>();
  for (const node of nodesOf([buildNetwork(network, { batch: 1 }).y])) {
    const before = details.get(node.scope);
    const own = node.inputs.flatMap(({ source }) => (source.kind === 'parameter' ? [source.name] : []));
    const isConvolution = node.op === 'Conv' || node.op === 'ConvTranspose';
    details.set(node.scope, {
      ...before,
      ...(isConvolution && {
        kernel: node.inputs[1]!.shape.slice(2) as readonly number[],
        stride: node.attributes.strides[0] ?? 1,
      }),
      weights: [...(before?.weights ?? []), ...own],
    });
  }
  return details;
}

/** The block as a formula: what goes through convolutions, and what goes beside them. */
export function formulaOf({ layers }: Block): string {
  const convolutions = layers.filter(({ kernel }) => kernel);
  const isShortcut = ({ layer }: Layer) => /downsample|upsample|right/.test(layer);
  const chain = (all: readonly Layer[]) =>
    all.reduce((inner, layer, i) => written(layer, i === 0 ? inner : `relu(${inner})`), 'x');
  const [left, right] = [convolutions.filter((layer) => !isShortcut(layer)), convolutions.filter(isShortcut)];
  return `relu(${chain(left)} + ${right.length > 0 ? chain(right) : 'x'})`;
}

const written = ({ kind, kernel, stride = 1, output }: Layer, of: string): string => {
  const way = kind.startsWith('ConvTranspose') ? '↑' : '↓';
  return `conv${kernel!.join('×')}${stride > 1 ? `${way}${stride}` : ''}→${output[0]}(${of})`;
};
