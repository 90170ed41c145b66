/**
 * Gradient checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost", section 3,
 * https://arxiv.org/abs/1604.06174): the forward pass keeps only the values between segments; the backward pass computes the
 * inside of a segment once more when it comes there.
 */
import { UserError } from '../errors.js';
import {
  add,
  apply,
  mul,
  type Node,
  nodesOf,
  type ParameterValue,
  reshape,
  scopedAs,
  slice,
  type Value,
} from '../graph/index.js';
import { backward, dependents } from './backward.js';

/**
 * As `backward` with respect to parameters, for a runtime that lets go of values after their last use.
 * @param checkpoints values of the forward pass from first to last, each of them all that the loss knows of what lies before it
 * @throws UserError where a way from a parameter to the loss goes around a checkpoint
 */
export function backwardRecomputing(
  loss: Value,
  parameters: readonly ParameterValue[],
  checkpoints: readonly Value[],
): Value[] {
  const learned = dependents(nodesOf([loss]), parameters);
  const gradients = new Map<Value, Value>();
  const ends = [...checkpoints, loss];
  let cotangent: Value | undefined;
  for (let i = ends.length - 1; i >= 0; i--) {
    const [end, start] = [ends[i]!, ends[i - 1]];
    const inside = nodesBetween(start, end).filter((node) => learned.has(node.outputs[0]!));
    // what the loss itself needs is computed a moment ago
    const { value, outside } = cotangent ? again(inside, end, cotangent) : asItIs(end, start);
    const from = start && (outside.get(start) ?? start);
    const own = parameters.filter((p) => inside.some((node) => node.inputs.includes(p)));
    refuseDetours(inside, { start, learned, parameters });
    const found = backward(value, [...(from ? [from] : []), ...own], cotangent, new Set(outside.values()));
    cotangent = from && found.shift();
    for (const [j, p] of own.entries()) {
      const known = gradients.get(p);
      gradients.set(p, known ? add(known, found[j]!) : found[j]!);
    }
  }
  return parameters.map((p) => gradients.get(p)!);
}

/** What `end` needs besides `start` and what `start` needs. */
function nodesBetween(start: Value | undefined, end: Value): readonly Node[] {
  const before = new Set(start ? nodesOf([start]) : []);
  return nodesOf([end]).filter((node) => !before.has(node));
}

/** The same nodes once more, to run when `cotangent` is known and not before. */
function again(nodes: readonly Node[], end: Value, cotangent: Value) {
  // a product that is zero and must be waited for: nothing else keeps an engine from running them with the forward pass
  const first = slice(
    cotangent,
    cotangent.shape.map((_, axis) => ({ axis, start: 0, end: 1 })),
  );
  const signal = mul(reshape(first, []), 0);
  const outside = new Map<Value, Value>();
  const made = new Map<Value, Value>();
  const delayed = (value: Value): Value => {
    if (value.source.kind === 'parameter' || value.source.kind === 'constant' || value.dtype !== 'float32')
      return value;
    const later = outside.get(value) ?? add(value, signal);
    outside.set(value, later);
    return later;
  };
  for (const { op, inputs, attributes, outputs, scope } of nodes) {
    const operands = inputs.map((value) => made.get(value) ?? delayed(value));
    const results = scopedAs(scope, () => apply(op, operands, attributes as never));
    for (const [i, output] of outputs.entries()) made.set(output, results[i]!);
  }
  return { value: made.get(end) ?? end, outside };
}

const asItIs = (end: Value, start: Value | undefined) => ({
  value: end,
  outside: new Map<Value, Value>(start ? [[start, start]] : []),
});

interface Setting {
  readonly start: Value | undefined;
  readonly learned: ReadonlySet<Value>;
  readonly parameters: readonly ParameterValue[];
}

function refuseDetours(inside: readonly Node[], { start, learned, parameters }: Setting): void {
  const own = new Set(inside.flatMap((node) => node.outputs));
  const known = new Set<Value>(parameters);
  for (const node of inside)
    for (const value of node.inputs)
      if (learned.has(value) && !own.has(value) && !known.has(value) && value !== start)
        throw new UserError(
          `${node.op}${node.scope ? ` in ${node.scope}` : ''} reads what lies before the checkpoint that precedes it; set checkpoints where all ways meet`,
        );
}
