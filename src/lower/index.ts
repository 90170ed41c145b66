/**
 * From *what* to *how*: rewrites a graph for a target by a table of rules, one per operator that the target formulates its own
 * way. Operators without an entry stay as they are.
 */
import { countReaders, type Graph, rewrite, type Shape, type Value, withOutputs } from '../graph/index.js';
import { canLie, Laid, type Layout } from './blocked/laid.js';
import type { Rule, Site } from './blocked/rule.js';
import { blocked } from './blocked.js';
import { portable } from './portable.js';
import { lowerNode, lowerStandard } from './standard.js';
import { type Target, targets } from './targets.js';

export { foldWeights } from './fold.js';
export { hoist } from './hoist.js';
export type { Lowering, Lowerings } from './lowering.js';

export { lowerStandard } from './standard.js';
export { type Target, targets } from './targets.js';

export interface LowerOptions {
  /** Parameters whose values are compiled in; they lie plain. */
  readonly constants?: ReadonlySet<string>;
  /** Outputs that become variables: they lie as variables of their shape do. */
  readonly updates?: ReadonlySet<string>;
}

/** How a target keeps variables of a shape, from run to run. */
export const storedLayout = (shape: Shape, target: Target): Layout => {
  const { block } = targets[target];
  return block > 0 && canLie('filter', shape, block) ? 'filter' : 'plain';
};

/** The same graph in the operators of a target. Outputs keep their names, inputs and parameters their identity. */
export function lower(graph: Graph, target: Target = 'portable', options: LowerOptions = {}): Graph {
  return targets[target].block > 0 ? lowerBlocked(graph, target, options) : lowerStandard(graph, target);
}

/** How a host lowers: `lower`, or as much of it as its targets need. */
export type Lower = typeof lower;

function lowerBlocked(graph: Graph, target: Target, { constants, updates }: LowerOptions): Graph {
  const { block } = targets[target];
  const lay = (layout: Layout) => (value: Value) => new Laid(layout, value, block);
  const [plain, channels, filter] = [lay('plain'), lay('channels'), lay('filter')];
  const readers = countReaders(graph);
  const sole = (value: Value) => readers.get(value) === 1;
  const isVariable = ({ source }: Value) => source.kind === 'parameter' && !constants?.has(source.name);
  const lowered = rewrite<Laid>(graph, {
    leaf: (value) => lay(isVariable(value) ? storedLayout(value.shape, target) : 'plain')(value),
    node(node, inputs) {
      const site: Site = { block, inputs: node.inputs, outputs: node.outputs, sole, plain, channels, filter };
      const rule = blocked[node.op] as Rule<unknown> | undefined;
      return (
        rule?.(inputs, node.attributes, site) ??
        lowerNode(
          node,
          inputs.map((i) => i.as('plain')),
          portable,
        ).map(plain)
      );
    },
  });
  return withOutputs(graph, (name, value) =>
    lowered(value).as(updates?.has(name) ? storedLayout(value.shape, target) : 'plain'),
  );
}
