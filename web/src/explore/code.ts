/** A block as one would write it with the library's own layers. What is written runs as it stands. */
import type { Node, Op } from '../../../src/graph/index.js';
import { type Block, endsInRelu, isNorm, isSqueeze, type Layer, type Step } from './anatomy.js';
import { branchOf, groupsOf, windowOf } from './describe.js';

/** How the networks of a variant differ in what every layer is given. */
interface Habits {
  readonly article: boolean;
}

/** Of the article's layers, the one that makes maps of a pixel. */
const UNPADDED = 'deconv1';

interface Around {
  readonly habits: Habits;
  readonly endsBranch: boolean;
}

const given = (options: Readonly<Record<string, string | number | boolean | undefined>>): string => {
  const some = Object.entries(options).filter(([, value]) => value !== undefined);
  return some.length > 0 ? `{ ${some.map(([name, value]) => `${name}: ${value}`).join(', ')} }` : '';
};
const call = (name: string, ...parameters: readonly (string | number)[]): string =>
  `${name}(${parameters.filter((one) => one !== '').join(', ')})`;

const numbers = (values: readonly number[]) => `[${values.join(', ')}]`;
const size = ([height, width]: readonly number[]) => (height === width ? `${height}` : `[${height}, ${width}]`);

function convolution(node: Node, { habits: { article }, endsBranch }: Around): string {
  const { kernel, stride } = windowOf(node);
  const groups = groupsOf(node);
  return call(
    node.op === 'Conv' ? 'convolution' : 'transposedConvolution',
    `${node.outputs[0]!.shape[1]}`,
    size(kernel!),
    given({
      stride: stride > 1 ? stride : undefined,
      groups: groups > 1 ? groups : undefined,
      padding: article ? `'${node.scope === UNPADDED ? 'valid' : 'same'}'` : undefined,
      bias: node.inputs.length > 2 || undefined,
      initial: article ? 'glorot' : undefined,
      endsBranch: endsBranch || undefined,
    }),
  );
}

/** Operators, but for those of norms, -> the layers that make them; what is not here belongs to one of these. */
const layerCodes: { readonly [K in Op]?: (node: Extract<Node, { op: K }>, around: Around) => string } = {
  Conv: convolution,
  ConvTranspose: convolution,
  Gemm: ({ outputs }, { habits }) =>
    call('dense', `${outputs[0]!.shape[1]}`, given({ initial: habits.article ? 'glorot' : undefined })),
  MaxPool: ({ attributes: { kernel_shape, strides, pads } }) =>
    `(x) => maxPool(x, { kernel_shape: ${numbers(kernel_shape)}, strides: ${numbers(strides)}, pads: ${numbers(pads)} })`,
  AveragePool: ({ attributes }) => `(x) => averagePool(x, { kernel_shape: ${size(attributes.kernel_shape)} })`,
  GlobalAveragePool: () => 'pooled',
  Resize: () => '(x) => resize(x, [1, 1, 2, 2])',
  Reshape: ({ outputs }) => call('shaped', numbers(outputs[0]!.shape.slice(1) as readonly number[])),
  Relu: () => 'relu',
};

function stepCode(step: Step, around: Around): string {
  const { habits, endsBranch } = around;
  const norm = given({
    ...(habits.article && { epsilon: 1e-6, momentum: 0.01, per: "'position'", unbiased: false }),
    endsBranch: endsBranch || undefined,
  });
  const parts = isNorm(step)
    ? [call('batchNorm', norm), ...(endsInRelu(step) ? ['relu'] : [])]
    : step.nodes.flatMap((node) => layerCodes[node.op]?.(node as never, around) ?? []);
  const layer = parts.length > 1 ? call('sequential', ...parts) : parts[0]!;
  return step.layer === '' ? layer : call('named', `'${step.layer}'`, layer);
}

function lines(layers: readonly Layer[], habits: Habits, endsBranch = false): readonly string[] {
  return layers.flatMap((layer) => {
    if (isSqueeze(layer)) return [squeezeCode(layer)];
    return layer.steps.map((step, i) => {
      const ends = endsBranch && layer === layers.findLast((one) => !isSqueeze(one)) && i === layer.steps.length - 1;
      return stepCode(step, { habits, endsBranch: ends && !endsInRelu(step) });
    });
  });
}

function squeezeCode({ steps }: Layer): string {
  const [whole, squeezed] = steps as readonly [Step, Step];
  return `named('${whole.layer}', squeezeExcitation(${squeezed.output[0]}))`;
}

const list = (name: string, items: readonly string[]): string =>
  items.length === 0 ? `  ${name}: [],` : [`  ${name}: [`, ...items.map((item) => `    ${item},`), '  ],'].join('\n');

export function codeOf(block: Block, habits: Habits): string {
  const layer = block.join ? residualCode(block, habits) : plainCode(block, habits);
  const names = [...new Set(layer.match(/\b[a-z]\w+(?=\()|\b(?:relu|glorot|pooled)\b/gi))];
  const from = (room: 'graph' | 'nn', all: readonly string[]) =>
    all.length > 0 ? [`const { ${all.toSorted().join(', ')} } = ${room};`] : [];
  const operators = names.filter((name) => /^(maxPool|averagePool|resize)$/.test(name));
  const layers = names.filter((name) => !operators.includes(name));
  const rooms = [...(operators.length > 0 ? ['graph'] : []), 'nn'].join(', ');
  return [
    `import { ${rooms} } from 'resmirror';`,
    ...from('graph', operators),
    ...from('nn', layers),
    '',
    `const block = ${layer};`,
  ].join('\n');
}

const plainCode = ({ layers }: Block, habits: Habits): string =>
  ['sequential(', ...lines(layers, habits).map((line) => `  ${line},`), ')'].join('\n');

function residualCode(block: Block, habits: Habits): string {
  const left = branchOf(block, 'left');
  const normsFirst = isNorm(left[0]!.steps[0]!);
  const all = lines(left, habits, true);
  const [index, count] = block.place;
  return [
    `${normsFirst ? 'preactivated' : 'residual'}({`,
    `  name: '${block.name}',`,
    `  depth: ${index === 0 ? 0 : `${index} / ${count - 1}`},`,
    ...(normsFirst ? [`  first: ${all[0]},`] : []),
    list('left', normsFirst ? all.slice(1) : all),
    list('right', lines(branchOf(block, 'right'), habits)),
    '})',
  ].join('\n');
}
