/** A model's programs on a runtime of its own, whose worker thread computes them one after the other. */
import { type Graph, inputsOf } from '../graph/index.js';
import { sampleOf } from '../inference/seen.js';
import {
  type ComputeOptions,
  openRuntime,
  type Program,
  type Runtime,
  type Tensor,
  type Tensors,
} from '../runtime/index.js';
import type { Weights } from '../weights/index.js';
import type { Lane } from './batch-queue.js';

/** What one row feeds, by the names of inputs: one sample each. */
export type Row = Readonly<Record<string, Uint8Array | Float32Array>>;

export interface EngineOptions extends ComputeOptions {
  /** Batches that programs are compiled for, rising. */
  readonly sizes: readonly number[];
}

/** An input or output of a graph, without the axis of the batch. */
export interface Port {
  readonly name: string;
  readonly dtype: Tensor['dtype'];
  readonly shape: readonly number[];
}

interface Compiled {
  readonly program: Program;
  readonly inputs: readonly Port[];
}

/** A lane whose rows feed the inputs of a graph; each answer is a row of one output. */
export interface ProgramLane<A extends Uint8Array | Float32Array> extends Lane<Row, A> {
  readonly inputs: readonly Port[];
  readonly output: Port;
  /** Compiles for every size of batch. */
  warm(): Promise<void>;
}

export class Engine {
  private readonly runtime: Runtime;
  private readonly programs = new Map<string, Promise<Compiled>>();

  constructor(
    private readonly weights: Weights,
    private readonly options: EngineOptions,
  ) {
    const { device, threads, memory, precision } = options;
    this.runtime = openRuntime({ device, threads, memory, precision });
  }

  /** @param graph with one output, for a batch of this size */
  lane<A extends Uint8Array | Float32Array>(name: string, graph: (batch: number) => Graph): ProgramLane<A> {
    const example = graph(1);
    const [output] = Object.entries(example.outputs).map(([name, value]) => portOf(name, value));
    const compiled = (size: number) => this.compiled(`${name} ${size}`, () => graph(size));
    return {
      name,
      sizes: this.options.sizes,
      inputs: portsIn(example),
      output: output!,
      warm: async () => {
        for (const size of this.options.sizes) await compiled(size);
      },
      run: async (rows) => {
        const size = this.options.sizes.find((each) => each >= rows.length)!;
        const { program, inputs } = await compiled(size);
        const feeds: Tensors = Object.fromEntries(inputs.map((port) => [port.name, packed(port, rows, size)]));
        const { [output!.name]: found } = await program.run(feeds, [output!.name]);
        return rows.map((_, i) => sampleOf(found as unknown as { data: A; shape: readonly number[] }, i));
      },
    };
  }

  close(): Promise<void> {
    return this.runtime.close();
  }

  private compiled(name: string, graph: () => Graph): Promise<Compiled> {
    const known = this.programs.get(name);
    if (known) return known;
    const made = graph();
    const compiled = this.runtime
      .compile(made, { weights: this.weights, moveWeights: true })
      .then((program) => ({ program, inputs: portsIn(made) }));
    this.programs.set(name, compiled);
    compiled.catch(() => this.programs.delete(name)); // the next request tries again
    return compiled;
  }
}

type GraphValue = Graph['outputs'][string];

const portOf = (name: string, { dtype, shape }: GraphValue): Port => ({
  name,
  dtype,
  shape: shape.slice(1) as readonly number[],
});
const portsIn = (graph: Graph) => inputsOf(graph).map((value) => portOf(value.source.name, value));

/** Rows as one tensor [n, …]; what is left of the batch is zeros. */
function packed({ name, dtype, shape }: Port, rows: readonly Row[], size: number): Tensor {
  const length = shape.reduce((product, d) => product * d, 1);
  const data = new { uint8: Uint8Array, float32: Float32Array }[dtype as 'uint8' | 'float32'](size * length);
  for (const [i, row] of rows.entries()) data.set(row[name]!, i * length);
  return { dtype, shape: [size, ...shape], data } as Tensor;
}
