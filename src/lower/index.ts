/**
 * From *what* to *how*: rewrites a graph for a target by a table of rules, one per operator that the target formulates its own
 * way. Operators without an entry stay as they are.
 */
import {
  apply,
  countReaders,
  type Graph,
  type Node,
  type Op,
  rewrite,
  type Shape,
  type Value,
  withOutputs,
} from '../graph/index.js';
import { canLie, Laid, type Layout } from './blocked/laid.js';
import type { Rule, Site } from './blocked/rule.js';
import { blocked } from './blocked.js';
import type { Lowering } from './lowering.js';
import { portable } from './portable.js';
import { webgpu } from './webgpu.js';

export { foldWeights } from './fold.js';
export { hoist } from './hoist.js';
export type { Lowering, Lowerings } from './lowering.js';

/**
 * `portable` uses ONNX's standard operators only and serves every device; `webgpu` goes around what that provider gets wrong. The others add the CPU engine's own operators on
 * channels in blocks, of as many as fill a vector register: 8 with AVX2, 16 with AVX-512.
 */
export const targets = {
  portable: { block: 0 },
  webgpu: { block: 0 },
  blocked8: { block: 8 },
  blocked16: { block: 16 },
} as const;
/** What a graph is lowered for. */
export type Target = keyof typeof targets;

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
  if (targets[target].block > 0) return lowerBlocked(graph, target, options);
  const standard = lowerNodes(graph, portable);
  return target === 'webgpu' ? lowerNodes(standard, webgpu) : standard;
}

type Table = Readonly<Partial<Record<Op, Lowering<never>>>>;

function lowerNodes(graph: Graph, table: Table): Graph {
  const lowered = rewrite(graph, {
    leaf: (value: Value) => value,
    node: (node, inputs) => lowerNode(node, inputs, table),
  });
  return withOutputs(graph, (_, value) => lowered(value));
}

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

function lowerNode(node: Node, inputs: readonly Value[], table: Table): readonly Value[] {
  const rule = table[node.op] as Lowering<unknown> | undefined;
  if (rule) return rule(inputs, node.attributes);
  return inputs.every((input, i) => input === node.inputs[i])
    ? node.outputs
    : apply(node.op, inputs, node.attributes as never);
}
