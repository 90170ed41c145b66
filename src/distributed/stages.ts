/** When what of a graph is computed, where it waits for other processes: stage by stage, with means over all processes in between. */
import { type Graph, type Node, nodesOf, type Value } from '../graph/index.js';

export interface Stages {
  /** The last stage; the first is 0. */
  readonly last: number;
  /** When a node's value is computed: when it is first needed. */
  stageOf(value: Value): number;
  stageOfOutput(name: string): number;
}

/** @param waits outputs that are computed in the last stage, whenever they could be */
export function stagesOf(graph: Graph, waits: (output: string) => boolean): Stages {
  const nodes = nodesOf(Object.values(graph.outputs));
  const depths = depthsOf(nodes);
  const depth = ({ source }: Value) => (source.kind === 'node' ? depths.get(source.node)! : 0);
  const outputs = Object.entries(graph.outputs);
  const last = Math.max(0, ...outputs.map(([, value]) => depth(value)));
  const stageOfOutput = (name: string) => (waits(name) ? last : depth(graph.outputs[name]!));
  const needed = new Map<Node, number>();
  const need = ({ source }: Value, stage: number) => {
    if (source.kind === 'node') needed.set(source.node, Math.min(stage, needed.get(source.node) ?? last));
  };
  for (const [name, value] of outputs) need(value, stageOfOutput(name));
  for (const node of [...nodes].reverse()) {
    // operands of means as soon as can be: others wait for them
    const stage = node.op === 'AllReduceMean' ? depths.get(node)! - 1 : needed.get(node)!;
    for (const value of node.inputs) need(value, stage);
  }
  const stageOf = ({ source }: Value) => (source.kind === 'node' ? needed.get(source.node)! : 0);
  return { last, stageOf, stageOfOutput };
}

/** Means on the longest way from a leaf to each node, its own included. */
function depthsOf(nodes: readonly Node[]): ReadonlyMap<Node, number> {
  const depths = new Map<Node, number>();
  for (const node of nodes) {
    const before = node.inputs.map(({ source }) => (source.kind === 'node' ? depths.get(source.node)! : 0));
    depths.set(node, Math.max(0, ...before) + (node.op === 'AllReduceMean' ? 1 : 0));
  }
  return depths;
}
