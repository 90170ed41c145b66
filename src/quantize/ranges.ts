/** Which values of a graph are quantised, and the range of each, seen on real images. */
import { type Graph, neg, nodesOf, type Op, reduceMax, type Value } from '../graph/index.js';
import type { Tensors } from '../runtime/index.js';

/** Operators for which engines have 8-bit forms, and how many of their operands are no weights. */
const operands: { readonly [K in Op]?: number } = { Add: 2, Conv: 1, Gemm: 1, GlobalAveragePool: 1, MaxPool: 1 };

/** The float values that go into quantised operators. */
export function quantisedValues(graph: Graph): ReadonlySet<Value> {
  const found = nodesOf(Object.values(graph.outputs))
    .flatMap(({ op, inputs }) => inputs.slice(0, operands[op] ?? 0))
    .filter(({ source }) => source.kind === 'node' || source.kind === 'input');
  return new Set(found);
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Gathers the extremes of values over batches. */
export class Ranges {
  private readonly values: readonly Value[];
  private readonly seen = new Map<Value, Range>();

  constructor(values: Iterable<Value>) {
    this.values = [...values];
  }

  /** Outputs [n] to fetch: each image's extremes. @param of what became of a value in the graph that runs */
  outputs(of: (value: Value) => Value): Readonly<Record<string, Value>> {
    const highest = (x: Value) => reduceMax(x, { axes: x.shape.map((_, i) => i).slice(1) });
    return Object.fromEntries(
      this.values.flatMap((value, i) => [
        [`high ${i}`, highest(of(value))],
        [`low ${i}`, neg(highest(neg(of(value))))],
      ]),
    );
  }

  /** @param count images of the batch that are none of its filling */
  add(outputs: Tensors, count: number): void {
    for (const [i, value] of this.values.entries()) {
      const of = (name: string) => [...(outputs[`${name} ${i}`]!.data as Float32Array).subarray(0, count)];
      const { low, high } = this.seen.get(value) ?? { low: 0, high: 0 };
      this.seen.set(value, { low: Math.min(low, ...of('low')), high: Math.max(high, ...of('high')) });
    }
  }

  /** Always with 0 in it, which padding and ReLU need exactly. Pooling keeps the range of what it pools. */
  of(value: Value): Range {
    const { source } = value;
    return source.kind === 'node' && source.node.op === 'MaxPool'
      ? this.of(source.node.inputs[0]!)
      : this.seen.get(value)!;
  }
}
