/** How much memory the values of a graph take, without running it. */
import type { Op } from './attributes.js';
import type { DType } from './dtype.js';
import { elements } from './sizes.js';
import type { Graph, Node, Value } from './types.js';
import { nodesOf } from './walk.js';

const BYTES: { readonly [D in DType]: number } = { float32: 4, int8: 1, uint8: 1, int32: 4, int64: 8, bool: 1 };

/** Bytes that a value of known shape takes. */
export const bytesOf = ({ dtype, shape }: Value): number => BYTES[dtype] * elements(shape);

/** Operators whose result is their first operand's memory under another shape. */
const VIEWS: ReadonlySet<string> = new Set<Op>(['Reshape', 'Identity']);

/**
 * The most bytes that computed values take at one moment, where nodes run one after another, a value is let go after its last
 * reader, and outputs live to the end. What the last output needs runs first, as in ONNX Runtime: in a training step the last layer's
 * gradients, then those before, so that little has to wait. Inputs, parameters, and the outputs named in `elsewhere` have memory of their own.
 */
export function peakBytes(graph: Graph, elsewhere: ReadonlySet<string> = new Set()): number {
  const nodes = nodesOf(Object.values(graph.outputs).reverse());
  /** The value whose memory this is. */
  const owners = new Map<Value, Value>();
  const ownerOf = (value: Value): Value => owners.get(value) ?? value;
  const lastReaders = new Map<Value, Node>();
  for (const node of nodes) {
    if (VIEWS.has(node.op)) owners.set(node.outputs[0]!, ownerOf(node.inputs[0]!));
    for (const input of node.inputs) lastReaders.set(ownerOf(input), node);
  }
  const kept = new Set(Object.values(graph.outputs).map(ownerOf));
  const free = new Set(Object.entries(graph.outputs).flatMap(([name, value]) => (elsewhere.has(name) ? [value] : [])));
  const sizeOf = (value: Value): number => (value.source.kind !== 'node' || free.has(value) ? 0 : bytesOf(value));
  let [now, peak] = [0, 0];
  for (const node of nodes) {
    const made = node.outputs.filter((output) => ownerOf(output) === output);
    now += made.reduce((sum, output) => sum + sizeOf(output), 0);
    peak = Math.max(peak, now);
    const read = new Set([...node.inputs.map(ownerOf), ...made]);
    for (const value of read) if (!kept.has(value) && (lastReaders.get(value) ?? node) === node) now -= sizeOf(value);
  }
  return peak;
}
