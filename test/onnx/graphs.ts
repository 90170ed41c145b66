/** A graph in ONNX's operators for every row of the cases table, with its derivatives where it has some. */
import { backward, hasDerivative } from '../../src/autodiff/index.js';
import { type Graph, inputsOf, type Op } from '../../src/graph/index.js';
import { lower } from '../../src/lower/index.js';
import { random } from '../../src/random/index.js';
import type { Tensors } from '../../src/runtime/index.js';
import { cases } from '../autodiff/cases.js';
import { Draws } from '../autodiff/draws.js';

/** Every operator that a file can hold: not those which only the CPU engine knows. */
export const everyOp = (Object.keys(cases) as Op[]).filter((op) => !op.startsWith('Nchwc'));

export function graphOf(op: Op, draw = 0): { readonly graph: Graph; readonly feeds: Tensors } {
  const d = new Draws(random('onnx', op, draw));
  const y = cases[op](d);
  const gradients = hasDerivative(op) ? backward(y, [...d.smooth], d.normal(y.shape)) : [];
  const outputs = Object.fromEntries([['y', y] as const, ...gradients.map((value, i) => [`d${i}`, value] as const)]);
  const graph = lower({ name: op, outputs });
  const feeds = Object.fromEntries(inputsOf(graph).map(({ source: { name } }) => [name, d.feeds[name]!]));
  return { graph, feeds };
}
