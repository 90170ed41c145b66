/** What is rather computed again than kept from one segment to a later one. */
import { elements, type Op, type Value } from '../graph/index.js';

/** One pass over what they read. */
const passes: ReadonlySet<Op> = new Set<Op>([
  'Abs',
  'Add',
  'Cast',
  'Clip',
  'Div',
  'Exp',
  'HardSigmoid',
  'Identity',
  'LeakyRelu',
  'Log',
  'Mul',
  'Neg',
  'Pow',
  'Reciprocal',
  'Relu',
  'Reshape',
  'Sigmoid',
  'Sqrt',
  'Sub',
  'Tanh',
]);
/** Operands so much smaller than the result do not count. */
const SMALL = 8;

/** Whether a value follows from one operand of its size in a pass: that operand is kept in its place, and serves for others too. */
export function isCheap({ source, shape }: Value): boolean {
  if (source.kind !== 'node' || !passes.has(source.node.op)) return false;
  const size = elements(shape);
  return source.node.inputs.filter((operand) => elements(operand.shape) * SMALL > size).length <= 1;
}
