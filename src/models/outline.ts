/** What a picture of a network shows: its stages, their blocks, the branches of these. Read off the graph, so that it serves any. */
import { type Node, nodesOf, type Op, type Value } from '../graph/index.js';
import { buildNetwork, type Network } from './network.js';

/** Operators that are drawn; norms, activations and changes of shape go with what stands before them. */
const DRAWN = [
  'AveragePool',
  'Conv',
  'ConvTranspose',
  'DepthToSpace',
  'Gemm',
  'GlobalAveragePool',
  'MatMul',
  'MaxPool',
  'Resize',
] as const satisfies readonly Op[];
/** What is drawn of an operator. */
export type DrawnOp = (typeof DRAWN)[number];

/** A convolution or another layer, with what follows it. */
export interface Unit {
  readonly kind: 'unit';
  readonly op: DrawnOp;
  /** Height and width of the window, where there is one. */
  readonly kernel?: readonly number[];
  /** Of a convolution's channels, where there are several. */
  readonly groups?: number;
  /** How many times smaller images become, or larger. */
  readonly factor: number;
  /** Shape of the result for one sample. */
  readonly output: readonly number[];
}

/** Branches that begin at one value and are added up, or multiplied where one weighs the other. */
export interface Block {
  readonly kind: 'block';
  readonly join: 'sum' | 'product';
  /** Path in the network, for example `layer1.0`. */
  readonly name: string;
  readonly branches: readonly Branch[];
  readonly output: readonly number[];
}

/** One way through a block, from its input to the sum. */
export interface Branch {
  readonly parts: readonly Part[];
  /** `identity`: nothing happens; `padded`: channels of zeros, or pixels left out; `learned`: everything else. */
  readonly kind: 'identity' | 'padded' | 'learned';
}
/** A piece of a section: a block, or a single unit. */
export type Part = Unit | Block;

/** Parts in a row, after which a stage ends or blocks begin. */
export interface Section {
  /** What the names of its blocks have in common: `layer1`; empty for what stands outside of blocks. */
  readonly name: string;
  readonly parts: readonly { readonly part: Part; readonly times: number }[];
  readonly output: readonly number[];
}

/** A network in sections, as it is drawn. */
export interface Outline {
  readonly name: string;
  readonly input: readonly number[];
  readonly sections: readonly Section[];
}

/** A part, and the value that it ends in. */
interface Placed {
  readonly part: Part;
  readonly end: Value;
}

/** The outline of a network. */
export function outlineOf(network: Network): Outline {
  const { x, y, build } = buildNetwork(network, { batch: 1 });
  const ends = new Set(build.boundaries);
  const placed = partsBetween(x, y, flowOf(x, y, ends));
  const groups: Placed[][] = [];
  let closed = true;
  for (const [i, one] of placed.entries()) {
    const before = placed[i - 1];
    if (closed || (before && areApart(before.part, one.part, ends.size > 0))) groups.push([]);
    groups.at(-1)!.push(one);
    closed = ends.has(one.end);
  }
  return { name: network.name, input: network.input, sections: groups.map(sectionOf) };
}

/** Blocks stand by themselves, and so does what comes of a vector; a graph that knows no stages has one for each shape. */
const areApart = (a: Part, b: Part, knowsStages: boolean): boolean =>
  a.kind !== b.kind ||
  (a.kind === 'unit' && a.output.length === 1) ||
  (a.kind === 'block' && !knowsStages && `${a.output}` !== `${b.output}`);

function sectionOf(placed: readonly Placed[]): Section {
  const parts: { part: Part; times: number }[] = [];
  for (const { part } of placed) {
    const before = parts.at(-1);
    if (before && part.kind === 'block' && alike(before.part) === alike(part)) before.times++;
    else parts.push({ part, times: 1 });
  }
  const [{ part: first }] = placed as readonly [Placed];
  const name = first.kind === 'block' ? first.name.replace(/[._]\d+$/, '') : '';
  return { name, parts, output: sampleOf(placed.at(-1)!.end) };
}

/** Equal for blocks that differ in nothing but their names. */
const alike = (part: Part): string => JSON.stringify(part, (key, value) => (key === 'name' ? '' : value));

/** How data go through the graph: by which operands of a node, in which order, and where stages end. */
interface Flow {
  readonly operands: (node: Node) => readonly Value[];
  readonly place: (value: Value) => number;
  readonly ends: ReadonlySet<Value>;
}

function flowOf(x: Value, y: Value, ends: ReadonlySet<Value>): Flow {
  const places = new Map<Value, number>([[x, 0]]);
  const order = nodesOf([y]);
  for (const [i, { inputs, outputs }] of order.entries())
    if (inputs.some((value) => places.has(value))) for (const output of outputs) places.set(output, i + 1);
  return {
    operands: ({ inputs }) => inputs.filter((value) => places.has(value)),
    place: (value) => places.get(value)!,
    ends,
  };
}

/** The parts from one value to a later one, walked backwards. What is not drawn belongs to the part before it. */
function partsBetween(from: Value, to: Value, flow: Flow): readonly Placed[] {
  const parts: Placed[] = [];
  let [value, end] = [to, to];
  while (value !== from && value.source.kind === 'node') {
    if (flow.ends.has(value)) end = value;
    const { node } = value.source;
    const operands = [...new Set(flow.operands(node))];
    const fork = operands.length > 1 ? forkOf(operands, flow) : operands[0]!;
    const part = operands.length > 1 ? blockOf(node, operands, { fork, flow }) : unitOf(node, fork);
    if (part) parts.push({ part, end });
    if (part) end = fork;
    value = fork;
  }
  return parts.reverse();
}

/** The last value through which everything goes that leads to all of these. */
function forkOf(values: readonly Value[], { operands, place }: Flow): Value {
  const front = new Set(values);
  while (front.size > 1) {
    const last = [...front].reduce((a, b) => (place(b) > place(a) ? b : a));
    front.delete(last);
    if (last.source.kind === 'node') for (const value of operands(last.source.node)) front.add(value);
  }
  return [...front][0]!;
}

function blockOf(node: Node, operands: readonly Value[], { fork, flow }: { fork: Value; flow: Flow }): Block {
  const branches = operands.map((operand): Branch => {
    const parts = partsBetween(fork, operand, flow).map(({ part }) => part);
    return { parts, kind: operand === fork ? 'identity' : parts.length === 0 ? 'padded' : 'learned' };
  });
  // the longest first: what is beside it is the shortcut
  branches.sort((a, b) => b.parts.length - a.parts.length);
  const join = node.op === 'Mul' ? 'product' : 'sum';
  return { kind: 'block', join, name: node.scope, branches, output: sampleOf(node.outputs[0]!) };
}

const sampleOf = ({ shape }: Value): readonly number[] => shape.slice(1) as readonly number[];

const isDrawn = (op: Op): op is DrawnOp => (DRAWN as readonly Op[]).includes(op);

function unitOf(node: Node, operand: Value): Unit | undefined {
  const { op, outputs } = node;
  if (!isDrawn(op)) return undefined;
  const output = sampleOf(outputs[0]!);
  const kernel = kernelOf(node);
  const [before, after] = [sampleOf(operand)[1], output[1]];
  const factor = before && after && op !== 'GlobalAveragePool' ? Math.max(before / after, after / before) : 1;
  const groups = node.op === 'Conv' || node.op === 'ConvTranspose' ? node.attributes.group : 1;
  return {
    kind: 'unit',
    op,
    ...(kernel && { kernel }),
    ...(groups > 1 && { groups }),
    factor: Math.round(factor),
    output,
  };
}

function kernelOf(node: Node): readonly number[] | undefined {
  if (node.op === 'Conv' || node.op === 'ConvTranspose') return node.inputs[1]!.shape.slice(2) as readonly number[];
  if (node.op === 'MaxPool' || node.op === 'AveragePool') return node.attributes.kernel_shape;
  return undefined;
}
