/** Whether two graphs are the same network: whatever their values are called, and in whichever of two ways a layer is written. */
import { elements } from './sizes.js';
import type { Node, ParameterValue, Value } from './types.js';
import { nodesOf } from './walk.js';

/** A parameter of theirs, in the place of one of ours. */
export interface Counterpart {
  readonly theirs: ParameterValue;
  /** Whether it is the transpose of ours. */
  readonly transposed: boolean;
}

type Pairs = readonly (readonly [ours: Value, theirs: Value, transposed?: boolean])[];

/**
 * By the name of each of our parameters, the parameter of theirs in its place; undefined where the graphs differ. Branches of an
 * addition may stand in either order.
 */
export function counterparts(ours: Value, theirs: Value): ReadonlyMap<string, Counterpart> | undefined {
  const found = new Map<string, Counterpart>();
  // what a pair needs is decided once, so that a network of many blocks is walked once
  const decided = new Map<Value, Map<Value, Pairs | undefined>>();
  const alike = (a: Value, b: Value): boolean => {
    const [p, q] = [bare(a), bare(b)];
    const known = decided.get(p) ?? new Map<Value, Pairs | undefined>();
    decided.set(p, known);
    if (known.has(q)) return known.get(q) !== undefined;
    const way = ways(p, q).find((pairs) => pairs.every(([x, y]) => leavesAlike(x, y) ?? alike(x, y)));
    known.set(q, way);
    return way !== undefined;
  };
  // from the front to the back, block by block: all at once would be as deep as the network
  const theirRelus = relus(theirs);
  for (const [i, relu] of relus(ours).entries()) if (theirRelus[i]) alike(relu, theirRelus[i]);
  if (!alike(ours, theirs)) return undefined;
  const pending: (readonly [Value, Value])[] = [[bare(ours), bare(theirs)]];
  const seen = new Set<Value>();
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    if (seen.has(pair[0])) continue;
    seen.add(pair[0]);
    for (const [a, b, transposed = false] of decided.get(pair[0])!.get(pair[1])!) {
      if (a.source.kind === 'parameter') {
        const known = found.get(a.source.name);
        const isNew = b.source.kind === 'parameter' && (!known || known.theirs === b);
        if (!isNew) return undefined;
        found.set(a.source.name, { theirs: b as ParameterValue, transposed });
      } else if (a.source.kind === 'node') pending.push([bare(a), bare(b)]);
    }
  }
  return found;
}

const relus = (value: Value): readonly Value[] =>
  nodesOf([value]).flatMap(({ op, outputs }) => (op === 'Relu' ? outputs : []));

/** Without what changes nothing. */
function bare(value: Value): Value {
  const { source } = value;
  if (source.kind !== 'node') return value;
  const { node } = source;
  const isNothing =
    node.op === 'Identity' ||
    (node.op === 'Cast' && node.inputs[0]!.dtype === value.dtype) ||
    (node.op === 'Pad' && node.attributes.pads.every((p) => p === 0));
  return isNothing ? bare(node.inputs[0]!) : value;
}

/** Of leaves, whether they go together; undefined where one is made by a node, as both must be then. */
function leavesAlike(a: Value, b: Value): boolean | undefined {
  const [p, q] = [bare(a), bare(b)];
  if (p.source.kind === 'node' && q.source.kind === 'node') return undefined;
  if (p.source.kind !== q.source.kind || p.dtype !== q.dtype) return false;
  if (p.source.kind === 'constant' && q.source.kind === 'constant')
    return `${p.shape}` === `${q.shape}` && `${p.source.data}` === `${q.source.data}`;
  // the batch may have any name, and weights may lie transposed
  return p.source.kind === 'input'
    ? `${p.shape.slice(1)}` === `${q.shape.slice(1)}`
    : elements(p.shape) === elements(q.shape);
}

/** How our value may be theirs: in each way, what must go together then. */
function ways(a: Value, b: Value): readonly Pairs[] {
  const means = pooledBy(a) && pooledBy(b) ? [[[pooledBy(a)!, pooledBy(b)!]] as Pairs] : [];
  const [p, q] = [denseOf(a), denseOf(b)];
  const dense = p && q && sameShape(p, q) ? [pairsOf(p, q)] : [];
  const [left, right] = [cutOf(a), cutOf(b)];
  const cut = left && right && left.cuts === right.cuts ? [[[left.x, right.x]] as Pairs] : [];
  return [...means, ...dense, ...cut, ...nodeWays(a, b)];
}

function nodeWays(a: Value, b: Value): readonly Pairs[] {
  if (a.source.kind !== 'node' || b.source.kind !== 'node' || a.source.output !== b.source.output) return [];
  const [p, q] = [a.source.node, b.source.node];
  if (p.op !== q.op || p.inputs.length !== q.inputs.length || attributesOf(p) !== attributesOf(q)) return [];
  if (`${a.shape.slice(1)}` !== `${b.shape.slice(1)}`) return [];
  const pairs = p.inputs.map((value, i) => [value, q.inputs[i]!] as const);
  if (p.op !== 'Add') return [pairs];
  const [left, right] = q.inputs as readonly [Value, Value];
  return [pairs, [[p.inputs[0]!, right] as const, [p.inputs[1]!, left] as const]];
}

const attributesOf = ({ op, attributes }: Node): string => {
  // known by what comes of it
  if (op === 'Reshape' || op === 'Flatten') return '';
  return JSON.stringify(
    Object.entries(attributes).sort(([p], [q]) => (p < q ? -1 : 1)),
    (_, value) => (typeof value === 'number' ? Math.fround(value) : value),
  );
};

/** What slices in a row leave of a value: of each axis that is cut, from where to where in which steps. */
function cutOf(value: Value): { readonly x: Value; readonly cuts: string } | undefined {
  const cuts = new Map<number, string>();
  let x = value;
  while (x.source.kind === 'node' && x.source.node.op === 'Slice') {
    const { attributes, inputs } = x.source.node;
    const [from] = inputs as readonly [Value];
    for (const [i, given] of attributes.axes.entries()) {
      const axis = given < 0 ? given + from.shape.length : given;
      const size = from.shape[axis];
      const end = typeof size === 'number' ? Math.min(attributes.ends[i]!, size) : attributes.ends[i]!;
      if (cuts.has(axis)) return undefined;
      cuts.set(axis, `${axis}: ${attributes.starts[i]}, ${end}, ${attributes.steps[i]}`);
    }
    x = bare(from);
  }
  return x === value ? undefined : { x, cuts: [...cuts.values()].sort().join('; ') };
}

/** Of means [n, c] of maps, however they are taken: the maps. */
function pooledBy(value: Value): Value | undefined {
  const { source, shape } = value;
  if (source.kind !== 'node') return undefined;
  const { node } = source;
  const [x] = node.inputs as readonly [Value];
  if (node.op === 'Flatten' || node.op === 'Reshape' || node.op === 'Squeeze')
    return shape.length === 2 && x.shape.length === 4 && x.shape[2] === 1 && x.shape[3] === 1
      ? meansOf(bare(x))
      : undefined;
  return shape.length === 2 ? meansOf(value) : undefined;
}

function meansOf({ source }: Value): Value | undefined {
  if (source.kind !== 'node') return undefined;
  const { node } = source;
  const [x] = node.inputs as readonly [Value];
  if (node.op === 'GlobalAveragePool') return x;
  const spatial = (axes: readonly number[]) => `${axes.map((axis) => (axis < 0 ? axis + 4 : axis)).sort()}` === '2,3';
  if (node.op === 'ReduceMean' && x.shape.length === 4 && spatial(node.attributes.axes)) return x;
  const whole =
    node.op === 'AveragePool' &&
    `${node.attributes.kernel_shape}` === `${x.shape.slice(2)}` &&
    node.attributes.pads.every((p) => p === 0);
  return whole ? x : undefined;
}

/** A dense layer: x w^T + bias with w [to, from], or its transpose. */
interface Dense {
  readonly x: Value;
  readonly weight: Value;
  readonly bias: Value | undefined;
  /** Whether w is [from, to]. */
  readonly turned: boolean;
}

function denseOf(value: Value): Dense | undefined {
  const node = value.source.kind === 'node' ? value.source.node : undefined;
  if (!node) return undefined;
  const [x, weight, bias] = node.inputs as readonly [Value, Value, Value | undefined];
  if (node.op === 'Gemm') {
    const { alpha, beta, transA, transB } = node.attributes;
    return alpha === 1 && (beta === 1 || !bias) && !transA ? { x, weight, bias, turned: !transB } : undefined;
  }
  if (node.op === 'MatMul' && weight.shape.length === 2) return { x, weight, bias: undefined, turned: true };
  if (node.op !== 'Add') return undefined;
  const product = [x, weight].find((one) => one.source.kind === 'node' && one.source.node.op === 'MatMul');
  const other = product === x ? weight : x;
  const made = product && denseOf(product);
  return made && other.source.kind === 'parameter' ? { ...made, bias: other } : undefined;
}

function sameShape(p: Dense, q: Dense): boolean {
  const [a, b] = [p.weight.shape, q.turned === p.turned ? q.weight.shape : [...q.weight.shape].reverse()];
  return `${a}` === `${b}` && (p.bias === undefined) === (q.bias === undefined);
}

const pairsOf = (p: Dense, q: Dense): Pairs => [
  [p.x, q.x],
  [p.weight, q.weight, p.turned !== q.turned],
  ...(p.bias && q.bias ? [[p.bias, q.bias] as const] : []),
];
