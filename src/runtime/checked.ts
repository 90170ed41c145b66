/** What comes from callers, compared with what a graph expects. */

import { UserError } from '../errors.js';
import { elements, type Graph, inputsOf, type Shape, show } from '../graph/index.js';
import type { Program } from './runtime.js';
import type { Tensor, Tensors } from './tensor.js';

/**
 * The program of a graph, fed with exactly the graph's inputs; lowering may have found one without influence.
 * @param fed names of inputs that variables feed
 */
export function checked(graph: Graph, program: Program, fed: ReadonlySet<string> = new Set()): Program {
  const asked = inputsOf(graph).filter(({ source }) => !fed.has(source.name));
  const expected = asked.map((i) => ({ name: i.source.name, dtype: i.dtype, shape: i.shape }));
  return {
    ...program,
    inputs: expected.map(({ name }) => name),
    async run(feeds, fetches, returned) {
      checkFeeds(graph.name, expected, feeds);
      const read = Object.entries(feeds).filter(([name]) => program.inputs.includes(name));
      return program.run(Object.fromEntries(read), fetches, returned);
    },
  };
}

interface Expected {
  readonly name: string;
  readonly dtype: Tensor['dtype'];
  readonly shape: Shape;
}

function checkFeeds(graph: string, expected: readonly Expected[], feeds: Tensors): void {
  for (const { name, dtype, shape } of expected) {
    const came = feeds[name];
    const fits = came && came.dtype === dtype && came.shape.length === shape.length;
    if (!fits || !shape.every((d, i) => typeof d === 'string' || d === came.shape[i]))
      throw new UserError(
        `${graph}: expected ${name} as ${dtype}${show(shape)}, got ${came ? `${came.dtype}${show(came.shape)}` : 'nothing'}`,
      );
    if (came.data.length !== elements(came.shape))
      throw new UserError(
        `${graph}: ${name} of shape ${show(came.shape)} needs ${elements(came.shape)} numbers, got ${came.data.length}`,
      );
  }
  refuseUnknown(
    `${graph}: no input`,
    Object.keys(feeds),
    expected.map((e) => e.name),
  );
}

export function refuseUnknown(what: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new UserError(`${what} called ${unknown.join(', ')}, only ${known.join(', ') || 'none'}`);
}
