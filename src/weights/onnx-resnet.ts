/** Which of this project's ResNets the graph of an ONNX file is, if it is one: told from the graph itself, whatever its names. */

import { UserError } from '../errors.js';
import { type Counterpart, counterparts, inputsOf, type Node, nodesOf, type Value } from '../graph/index.js';
import {
  buildNetwork,
  type GivenSetting,
  type Network,
  type ResNetConfig,
  type ResNetOptions,
  resnet,
} from '../models/index.js';
import type { OnnxModel } from '../onnx/index.js';
import type { Weights } from './model.js';

export interface Recognised {
  readonly network: Network<ResNetConfig>;
  /** In the network's order, under its names. */
  readonly weights: Weights;
  /** Name in the file -> ours. */
  readonly names: ReadonlyMap<string, string>;
}

/** Side of the first convolution's kernel -> the family. */
const FAMILIES: Readonly<Record<number, 'imagenet' | 'cifar'>> = { 7: 'imagenet', 3: 'cifar' };

/** What an import may state, which the graph is held to. */
export type Stated = Partial<Pick<ResNetConfig, 'variant' | 'shortcut' | 'stride'>> & {
  readonly setting?: GivenSetting;
};

/**
 * The ResNet with the same layers as the graph, and its weights; undefined where it is none. Norms that an exporter folded into the
 * convolutions make a ResNet without norms, whose convolutions have biases.
 */
export function resnetOf(
  { graph, weights }: Pick<OnnxModel, 'graph' | 'weights'>,
  stated: Stated = {},
): Recognised | undefined {
  const [y] = Object.values(graph.outputs);
  const [x] = inputsOf(graph);
  if (!x || !y || x.shape.length !== 4 || y.shape.length !== 2) return undefined;
  for (const { setting, ...options } of candidates(x, y, stated)) {
    const network = built(setting, options);
    const found = network && counterparts(buildNetwork(network).y, y);
    const taken = found && weightsOf(network, found, weights);
    if (taken) return taken;
  }
  return undefined;
}

/** A network that a graph suggests may be none that there is, as its sizes do not halve evenly. */
function built(setting: GivenSetting, options: ResNetOptions): Network<ResNetConfig> | undefined {
  try {
    return resnet(setting, options);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** ResNets of the depth, width and size that the graph has, in every way that is not to be seen at once. */
function candidates(
  x: Value,
  y: Value,
  { setting, variant, shortcut, stride }: Stated,
): readonly (ResNetOptions & { readonly setting: GivenSetting })[] {
  const nodes = nodesOf([y]);
  const [, channels, ...size] = x.shape as readonly number[];
  const stem = nodes.find((node): node is Node<'Conv'> => node.op === 'Conv');
  const family = variant ?? FAMILIES[stem?.inputs[1]?.shape[2] as number];
  const seen = setting ?? seenSetting(nodes);
  if (!stem || !seen || !family) return [];
  const known = {
    setting: seen,
    variant: family,
    channels: channels!,
    size: size as unknown as readonly [number, number],
    classes: y.shape[1] as number,
    norm: nodes.some(({ op }) => op === 'BatchNormalization') ? ('batch' as const) : ('none' as const),
  };
  const shortcuts = shortcut ? [shortcut] : (['B', 'A', 'C'] as const);
  const strides = stride ? [stride] : seen.bottleneck ? (['middle', 'first'] as const) : (['middle'] as const);
  return shortcuts.flatMap((way) => strides.map((place) => ({ ...known, shortcut: way, stride: place })));
}

/** Depth and width by the additions of maps: runs of equal channels are stages; groups by a bottleneck's last 3x3. */
function seenSetting(nodes: readonly Node[]): GivenSetting | undefined {
  const sums = nodes.filter(({ op, inputs: [a, b] }) => op === 'Add' && a?.shape.length === 4 && b?.shape.length === 4);
  const channels = sums.map(({ outputs }) => outputs[0]!.shape[1] as number);
  const [first] = channels;
  const stem = nodes.find(({ op }) => op === 'Conv')?.outputs[0]?.shape[1];
  if (first === undefined || typeof stem !== 'number') return undefined;
  const repeats: number[] = [];
  for (const [i, count] of channels.entries()) {
    if (count === channels[i - 1]) repeats[repeats.length - 1]!++;
    else repeats.push(1);
  }
  const plain = { bottleneck: first === 4 * stem, repeats, width: stem };
  const inner = nodes.findLast((node): node is Node<'Conv'> => node.op === 'Conv' && node.inputs[1]!.shape[2] === 3);
  if (!plain.bottleneck || !inner) return plain;
  const { group: groups } = inner.attributes;
  const perGroup = (inner.outputs[0]!.shape[1] as number) / groups;
  const widthPerGroup = Math.max(1, Math.ceil((64 * perGroup) / (stem * 2 ** (repeats.length - 1))));
  return { ...plain, groups, widthPerGroup };
}

function weightsOf(
  network: Network<ResNetConfig>,
  found: ReadonlyMap<string, Counterpart>,
  given: OnnxModel['weights'],
): Recognised | undefined {
  const taken: Record<string, Weights[string]> = {};
  const names = new Map<string, string>();
  for (const [name, { shape }] of buildNetwork(network).build.parameters) {
    const counterpart = found.get(name);
    const weight = counterpart && given.get(counterpart.theirs.source.name);
    if (!weight) return undefined;
    const own = shape as readonly number[];
    if (`${counterpart.transposed ? weight.shape.toReversed() : weight.shape}` !== `${own}`) return undefined;
    const data = counterpart.transposed ? transposed(weight.data, own as readonly [number, number]) : weight.data;
    taken[name] = { dtype: 'float32', shape: own, data };
    names.set(counterpart.theirs.source.name, name);
  }
  return { network, weights: taken, names };
}

/** Of a matrix that lies as [columns, rows]. */
function transposed(data: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[row * columns + column] = data[column * rows + row]!;
  return turned;
}
