/**
 * Programs whose weights never change: batch normalisation goes into the convolutions, and what depends on weights alone (their
 * order in blocks, too) is computed once, in the worker, where it stays.
 */
import { type Graph, parametersOf } from '../graph/index.js';
import { foldWeights, hoist, lower, type Target } from '../lower/index.js';
import { writeOnnx } from '../onnx/index.js';
import type { Channel } from './channel.js';
import type { Program, Start } from './runtime.js';
import type { Tensor, Tensors } from './tensor.js';

export interface Fixed {
  readonly target: Target;
  readonly weights: Tensors;
  /** Whether the weights' memory goes over to the worker. */
  readonly move: boolean;
}

export class FixedWeights {
  /** Weights whose memory is in the worker, and what they are called there. */
  private readonly moved = new WeakMap<Tensor, string>();
  private programs = 0;

  constructor(
    private readonly client: Channel,
    private readonly start: Start,
  ) {}

  /** The program of a graph whose parameters are all among the weights. */
  async compile(graph: Graph, { target, weights, move }: Fixed): Promise<Program> {
    const names = new Set(parametersOf(graph).map(({ source }) => source.name));
    const { once, rest } = hoist(lower(foldWeights(graph), target, { constants: names }));
    const own = `fixed:${this.programs++}:`;
    const given = await this.written(
      [...names].map((name) => [name, weights[name]!] as const),
      own,
      move,
    );
    const computed = Object.fromEntries(Object.keys(once.outputs).map((name) => [name, own + name]));
    await this.runOnce(once, used(once, given), computed);
    const variables = used(rest, { ...given, ...computed });
    const isOwn = (name: string) => name.startsWith(own);
    const forget = (all: readonly string[]) => this.client.call('forget', { names: all.filter(isOwn) });
    await forget(Object.values(given).filter((name) => !Object.values(variables).includes(name)));
    const program = await this.start(writeOnnx(rest), { name: graph.name, variables, rewrite: false });
    return {
      ...program,
      release: async () => {
        await program.release();
        await forget(Object.values(variables));
      },
    };
  }

  private async runOnce(
    graph: Graph,
    variables: Readonly<Record<string, string>>,
    updates: Readonly<Record<string, string>>,
  ): Promise<void> {
    if (Object.keys(updates).length === 0) return;
    const program = await this.start(writeOnnx(graph), { name: graph.name, variables, updates, rewrite: false });
    await program.run({}, []);
    await program.release();
  }

  /** Brings weights to the worker, once if they move; their names there, by name. */
  private async written(
    weights: readonly (readonly [name: string, tensor: Tensor])[],
    own: string,
    move: boolean,
  ): Promise<Readonly<Record<string, string>>> {
    const fresh = weights.filter(([, tensor]) => !this.moved.has(tensor));
    const variables = Object.fromEntries(fresh.map(([name, tensor]) => [(move ? 'moved:' : '') + own + name, tensor]));
    const memory = new Set(fresh.map(([, { data }]) => data.buffer as ArrayBuffer));
    await this.client.call('write', { variables }, move ? [...memory] : []);
    if (move) for (const [name, tensor] of Object.entries(variables)) this.moved.set(tensor, name);
    return Object.fromEntries(weights.map(([name, tensor]) => [name, this.moved.get(tensor) ?? own + name]));
  }
}

/** Of these variables the ones that a graph takes. */
const used = (graph: Graph, variables: Readonly<Record<string, string>>) =>
  Object.fromEntries(parametersOf(graph).map(({ source }) => [source.name, variables[source.name]!]));
