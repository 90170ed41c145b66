/** Reverse-mode differentiation: a graph in, a graph out (Griewank & Walther, "Evaluating Derivatives", chapter 3). */
import { UserError } from '../errors.js';
import {
  add,
  constant,
  elements,
  type Node,
  nodesOf,
  parametersOf,
  scopedAs,
  show,
  type Value,
} from '../graph/index.js';
import { type NoDerivative, type Rule, rules } from './rules.js';

/**
 * Gradients of a scalar loss with respect to values of its graph, in their order, each of its value's shape.
 * @param seed the gradient to start from, of the loss's shape; 1 by default. With it the "loss" may have any shape.
 * @param until values that count as given: what lies before them is not looked at
 * @throws UserError where an operator on the way has no derivative, or where the loss does not depend on a value.
 */
export function backward(loss: Value, wrt: readonly Value[], seed?: Value, until?: ReadonlySet<Value>): Value[] {
  if (!seed && elements(loss.shape) !== 1)
    throw new UserError(
      `backward expects a scalar loss, got shape ${show(loss.shape)}; reduce it by mean or sum first`,
    );
  const order = nodesOf([loss], until);
  const active = dependents(order, wrt);
  refuseObstacles(obstacles(order, active, loss));
  const gradients = new Map<Value, Value>();
  const accumulate = (value: Value, gradient: Value | undefined) => {
    if (!gradient || !active.has(value)) return;
    const sum = gradients.get(value);
    gradients.set(value, sum ? add(sum, gradient) : gradient);
  };

  accumulate(loss, seed ?? constant([1], loss.shape));
  for (const node of [...order].reverse()) {
    const dys = node.outputs.map((output) => gradients.get(output));
    if (!dys.some(Boolean) || !node.inputs.some((value) => active.has(value))) continue;
    scopedAs(node.scope ? `${node.scope}.grad` : 'grad', () => {
      for (const [i, gradient] of vjp(node, dys).entries()) accumulate(node.inputs[i]!, gradient);
    });
  }
  return wrt.map((value) => gradients.get(value) ?? unreached(value));
}

/** Every value that depends on one of `wrt`; gradients of all others are never used. */
export function dependents(order: readonly Node[], wrt: readonly Value[]): ReadonlySet<Value> {
  const active = new Set(wrt);
  for (const node of order)
    if (node.inputs.some((value) => active.has(value))) for (const output of node.outputs) active.add(output);
  return active;
}

/** A node through which no gradient passes, though one arrives there. */
export interface Obstacle {
  readonly node: Node;
  /** Why its operator has no derivative. */
  readonly reason: string;
}

/**
 * Nodes without a derivative on the ways from a loss to values that it is to be differentiated for: what keeps a graph from being
 * trained, all of it at once. By default the trainable parameters are those values.
 */
export function withoutDerivative(loss: Value, wrt: readonly Value[] = learnedBy(loss)): readonly Obstacle[] {
  const order = nodesOf([loss]);
  return obstacles(order, dependents(order, wrt), loss);
}

const learnedBy = (loss: Value): readonly Value[] =>
  parametersOf({ name: 'loss', outputs: { loss } }).filter(({ source }) => source.trainable);

function obstacles(order: readonly Node[], active: ReadonlySet<Value>, loss: Value): readonly Obstacle[] {
  const reached = new Set<Value>([loss]);
  const found: Obstacle[] = [];
  for (const node of [...order].reverse()) {
    if (!node.outputs.some((value) => reached.has(value)) || !node.inputs.some((value) => active.has(value))) continue;
    const rule = rules[node.op] as Rule<unknown> | NoDerivative;
    if (typeof rule !== 'function') found.unshift({ node, reason: rule.none });
    // conditions and indices get no gradient
    for (const value of node.inputs) if (value.dtype === 'float32' && active.has(value)) reached.add(value);
  }
  return found;
}

const LISTED = 10;

function refuseObstacles(found: readonly Obstacle[]): void {
  const [first, ...others] = found;
  if (!first) return;
  const nameOf = ({ node: { op, scope } }: Obstacle) => `${op}${scope ? ` in ${scope}` : ''}`;
  const more = others.slice(0, LISTED - 1).map((one) => `; ${nameOf(one)} (${one.reason})`);
  throw new UserError(
    `${nameOf(first)} has no derivative (${first.reason}), but the loss depends on parameters through it${others.length > 0 ? ` (${found.length} such nodes)${more.join('')}${found.length > LISTED ? '; …' : ''}` : ''}`,
  );
}

function vjp(node: Node, dys: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
  const rule = rules[node.op] as Rule<unknown>; // what has none was refused
  const y = node.outputs[0]!;
  const dy = dys[0] ?? constant(new Float32Array(elements(y.shape)), y.shape);
  return rule({ x: node.inputs, y, dy, dys, attributes: node.attributes, node });
}

function unreached(value: Value): never {
  const { source } = value;
  const name = source.kind === 'parameter' || source.kind === 'input' ? source.name : source.kind;
  throw new UserError(`the loss does not depend on ${name}: leave it out of the gradients, or use it in the network`);
}
