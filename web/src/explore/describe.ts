/** Layers and blocks in a line: `conv 3×3 / 2, 128 → 128`; y = relu(left(x) + right(x)). */
import type { Node, Op } from '../../../src/graph/index.js';
import { say, type Text } from '../language.js';
import { type Block, endsInRelu, isNorm, isSqueeze, type Layer, mainOf } from './anatomy.js';

const kinds = {
  Conv: { en: 'conv', 'zh-CN': '卷积' },
  ConvTranspose: { en: 'transposed conv', 'zh-CN': '转置卷积' },
  Gemm: { en: 'dense', 'zh-CN': '全连接' },
  MaxPool: { en: 'max pool', 'zh-CN': '最大池化' },
  AveragePool: { en: 'mean pool', 'zh-CN': '平均池化' },
  GlobalAveragePool: { en: 'global mean', 'zh-CN': '全局平均' },
  Resize: { en: 'nearest neighbours × 2', 'zh-CN': '最近邻 × 2' },
} as const satisfies { readonly [K in Op]?: Text };

const texts = {
  squeeze: { en: 'squeeze and excitation', 'zh-CN': '压缩与激励' },
  norm: { en: 'norm', 'zh-CN': '归一化' },
  stride: { en: 'stride {s}', 'zh-CN': '步长 {s}' },
  groups: { en: '{g} groups', 'zh-CN': '{g} 组' },
};

export const times = (shape: readonly unknown[]): string => shape.join(' × ');

/** Window and stride of a node, where it has them. */
export function windowOf(node: Node): { readonly kernel?: readonly number[]; readonly stride: number } {
  if (node.op === 'Conv' || node.op === 'ConvTranspose')
    return { kernel: node.inputs[1]!.shape.slice(2) as readonly number[], stride: node.attributes.strides[0]! };
  if (node.op === 'MaxPool' || node.op === 'AveragePool')
    return { kernel: node.attributes.kernel_shape, stride: node.attributes.strides[0]! };
  return { stride: 1 };
}

export const groupsOf = (node: Node): number =>
  node.op === 'Conv' || node.op === 'ConvTranspose' ? node.attributes.group : 1;

const channels = (node: Node): string =>
  [node.inputs[0]!, node.outputs[0]!].map(({ shape }) => `${shape[1]}`).join(' → ');

/** `conv 3 × 3, stride 2, 128 → 128`, without the norm and the activation. */
export function describe(layer: Layer): string {
  if (isSqueeze(layer)) return say(texts.squeeze);
  const node = mainOf(layer);
  const { kernel, stride } = windowOf(node);
  const name = say(kinds[node.op as keyof typeof kinds] ?? { en: node.op, 'zh-CN': node.op });
  const groups = groupsOf(node);
  return [
    kernel ? `${name} ${times(kernel)}` : name,
    ...(stride > 1 ? [say(texts.stride, { s: stride })] : []),
    ...(groups > 1 ? [say(texts.groups, { g: groups })] : []),
    ...(/Conv|Gemm/.test(node.op) ? [channels(node)] : []),
  ].join(', ');
}

/** All that happens in a layer, in order. */
export function describeWhole(layer: Layer): string {
  if (isSqueeze(layer)) return say(texts.squeeze);
  const main = mainOf(layer);
  return layer.steps
    .flatMap((step) => [
      ...(step.nodes.includes(main) ? [describe(layer)] : []),
      ...(isNorm(step) ? [say(texts.norm)] : []),
      ...(endsInRelu(step) ? ['ReLU'] : []),
    ])
    .join(' → ');
}

export const branchOf = ({ layers }: Block, branch: Layer['branch']): readonly Layer[] =>
  layers.filter((layer) => layer.branch === branch);

/** `y = relu(left(x) + x)`. Where norms come first, a projection sees what the first of them made, and the identity x itself. */
export function formulaOf(block: Block): string {
  if (!block.join)
    return `y = ${block.layers.map(({ name }) => name).reduce((inner, name) => `${name}(${inner})`, 'x')}`;
  const seen = isNorm(branchOf(block, 'left')[0]!.steps[0]!) ? 'relu(norm(x))' : 'x';
  const right = branchOf(block, 'right').length > 0 ? `right(${seen})` : 'x';
  const sum = `left(x) + ${right}`;
  return `y = ${endsInRelu(block.join) ? `relu(${sum})` : sum}`;
}
