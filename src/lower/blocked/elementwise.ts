/** Elementwise operators, which work on any layout, and what of them a convolution before can take along. */
import { type Attributes, apply, hardSigmoid, mul, type Node, type Op, one, type Value } from '../../graph/index.js';
import type { Laid, Layout } from './laid.js';
import { blockedConv } from './operators.js';
import type { Rule, Site } from './rule.js';

/** The layout that the operands of this shape have or can take: the first that is not plain. Scalars fit everywhere. */
function sharedLayout(inputs: readonly Laid[], shape: Value['shape']): Layout | undefined {
  const full = inputs.filter((input) => !isScalar(input));
  if (full.some((input) => `${input.shape}` !== `${shape}`)) return undefined;
  const layout = full.find((input) => input.layout !== 'plain')?.layout;
  return layout && full.every((input) => input.can(layout)) ? layout : undefined;
}

const isScalar = ({ shape }: Laid) => shape.every((d) => d === 1);

export const elementwise =
  <K extends Op>(op: K): Rule<Attributes[K]> =>
  (inputs, attributes, site) => {
    if (site.outputs[0]!.dtype !== 'float32') return undefined;
    const layout = sharedLayout(inputs, site.outputs[0]!.shape);
    if (!layout || layout === 'plain') return undefined;
    const operands = inputs.map((input) => input.as(isScalar(input) ? 'plain' : layout));
    return [site[layout](apply(op, operands, attributes)[0]!)];
  };

/** The convolution that made a value, if it may be made once more with something to add or to do at its end. */
function lastStep(laid: Laid, before: Value, { sole }: Site): Node<'NchwcConv'> | undefined {
  const { source } = laid.value;
  if (source.kind !== 'node' || source.node.op !== 'NchwcConv' || !sole(before)) return undefined;
  return source.node.attributes.activation ? undefined : source.node;
}

/** conv(x, w) + a: the convolution adds it. */
export const add: Rule<Attributes['Add']> = (inputs, attributes, site) => {
  for (const [i, laid] of inputs.entries()) {
    const other = inputs[1 - i]!;
    const node = lastStep(laid, site.inputs[i]!, site);
    if (!node || node.inputs.length > 3 || `${laid.shape}` !== `${other.shape}` || !other.can('channels')) continue;
    const [x, w, bias] = node.inputs as [Value, Value, Value | undefined];
    return [site.channels(blockedConv(x, w, node.attributes, { bias, addend: other.as('channels') }))];
  }
  return elementwise('Add')(inputs, attributes, site);
};

/** relu(conv(x, w)): its last step. */
export const relu: Rule<Attributes['Relu']> = (inputs, attributes, site) => {
  const node = lastStep(inputs[0]!, site.inputs[0]!, site);
  if (!node) return elementwise('Relu')(inputs, attributes, site);
  return [site.channels(one('NchwcConv', node.inputs, { ...node.attributes, activation: 'Relu' }))];
};

/** A step function in one cheap pass, as the portable lowering has it. */
export const reluGrad: Rule<Attributes['ReluGrad']> = ([dy, y], _, site) => {
  const layout = sharedLayout([y!, dy!], y!.shape);
  if (!layout || layout === 'plain') return undefined;
  return [site[layout](mul(dy!.as(layout), hardSigmoid(y!.as(layout), 1e30, 0)))];
};
