/**
 * Programs whose weights never change: batch normalisation goes into the convolutions, and what depends on weights alone (their
 * order in blocks, too) is computed once, in the worker, where it stays. Programs that need the same of the same weights, as those
 * of one network for several sizes of batch do, share it.
 */
import { type Graph, parametersOf } from '../graph/index.js';
import { foldWeights, hoist, type Lower, type Target } from '../lower/index.js';
import { type ExternalData, writeOnnx } from '../onnx/index.js';
import type { Channel } from './channel.js';
import type { Program, Start } from './runtime.js';
import { buffersOf, type Tensor, type Tensors } from './tensor.js';

export interface Fixed {
  readonly target: Target;
  readonly weights: Tensors;
  /** Whether the weights' memory goes over to the worker. */
  readonly move: boolean;
  /** Whether weights are taken as they lie, out of their file if they have one: slower at each run, with nothing to compute before the first. */
  readonly fewRuns: boolean;
  /** Looks at the graph of every run before anything is made. */
  readonly inspect: (graph: Graph) => void;
}

/** Values that were computed of weights, in the worker as long as a program takes them. */
interface Computed {
  readonly variable: string;
  readonly ready: Promise<void>;
  programs: number;
}

export class FixedWeights {
  private readonly computed = new Map<string, Computed>();
  /** Weights whose memory is in the worker, and what they are called there. */
  private readonly moved = new WeakMap<Tensor, string>();
  private programs = 0;

  constructor(
    private readonly client: Channel,
    private readonly start: Start,
    private readonly lower: Lower,
  ) {}

  /** The program of a graph whose parameters are all among the weights. */
  async compile(graph: Graph, fixed: Fixed): Promise<Program> {
    const lying = fixed.fewRuns ? lyingIn(fixed.weights) : NOWHERE;
    const read = () => this.compileWith(graph, fixed, NOWHERE);
    // not every file system maps files
    return lying.size > 0 ? this.compileWith(graph, fixed, lying).catch(read) : read();
  }

  /** @param external weights that are taken from where they lie */
  private async compileWith(
    graph: Graph,
    { target, weights, move, fewRuns, inspect }: Fixed,
    external: ReadonlyMap<string, ExternalData>,
  ): Promise<Program> {
    const names = new Set(parametersOf(graph).map(({ source }) => source.name));
    const { once, rest } = fewRuns
      ? { once: { name: graph.name, outputs: {} }, rest: this.lower(graph, 'portable') }
      : hoist(this.lower(foldWeights(graph), target, { constants: names }));
    inspect(rest);
    const own = `fixed:${this.programs++}:`;
    const given = await this.written(
      [...names].filter((name) => !external.has(name)).map((name) => [name, weights[name]!] as const),
      own,
      move,
    );
    const taken = await this.take(once, given, own);
    const variables = used(rest, { ...given, ...taken.variables });
    const isOwn = (name: string) => name.startsWith(own) && !Object.values(taken.variables).includes(name);
    const forget = (all: readonly string[]) => this.client.call('forget', { names: all.filter(isOwn) });
    await forget(Object.values(given).filter((name) => !Object.values(variables).includes(name)));
    const leave = async () => {
      await forget(Object.values(variables));
      await taken.leave();
    };
    const [{ folder } = {}] = external.values();
    const options = { name: graph.name, variables, folder, rewrite: false };
    const program = await this.start(writeOnnx(rest, { external }), options).catch(async (error: unknown) => {
      await leave();
      throw error;
    });
    return { ...program, release: () => program.release().then(leave) };
  }

  /** The variables that hold a graph's outputs: computed by another program already, or now. */
  private async take(once: Graph, given: Readonly<Record<string, string>>, own: string) {
    const keys = Object.entries(once.outputs).map(([name, value]) => [name, keyOf(value, given)] as const);
    const fresh = keys.filter(([, key], i) => !this.computed.has(key) && keys.findIndex((one) => one[1] === key) === i);
    const outputs = Object.fromEntries(fresh.map(([name]) => [name, once.outputs[name]!]));
    const updates = Object.fromEntries(fresh.map(([name]) => [name, own + name]));
    const graph = { name: once.name, outputs };
    const ready = this.runOnce(graph, used(graph, given), updates);
    for (const [name, key] of fresh) this.computed.set(key, { variable: own + name, ready, programs: 0 });
    const all = keys.map(([name, key]) => ({ name, key, found: this.computed.get(key)! }));
    for (const { found } of all) found.programs++;
    const leave = async () => {
      for (const { found } of all) found.programs--;
      const unused = new Map(all.filter(({ found }) => found.programs === 0).map(({ key, found }) => [key, found]));
      for (const key of unused.keys()) this.computed.delete(key);
      await this.client.call('forget', { names: [...unused.values()].map(({ variable }) => variable) });
    };
    try {
      await Promise.all(all.map(({ found }) => found.ready));
    } catch (error) {
      await leave();
      throw error;
    }
    return { variables: Object.fromEntries(all.map(({ name, found }) => [name, found.variable])), leave };
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
    await this.client.call('write', { variables }, move ? buffersOf(fresh.map(([, tensor]) => tensor)) : []);
    if (move) for (const [name, tensor] of Object.entries(variables)) this.moved.set(tensor, name);
    return Object.fromEntries(weights.map(([name, tensor]) => [name, this.moved.get(tensor) ?? own + name]));
  }
}

const NOWHERE: ReadonlyMap<string, ExternalData> = new Map();

/** Where those of the weights lie that lie in a file. */
const lyingIn = (weights: Tensors): ReadonlyMap<string, ExternalData> =>
  new Map(Object.entries(weights).flatMap(([name, { external }]) => (external ? [[name, external] as const] : [])));

/** Of these variables the ones that a graph takes. */
function used(graph: Graph, variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = parametersOf(graph).map(({ source }) => source.name);
  return Object.fromEntries(names.flatMap((name) => (name in variables ? [[name, variables[name]!] as const] : [])));
}

/** What is computed, of which variables: a few kilobytes of text, since no weight stands in the graph itself. */
function keyOf(value: Graph['outputs'][string], variables: Readonly<Record<string, string>>): string {
  const graph = { name: 'once', outputs: { value } };
  return new TextDecoder('latin1').decode(writeOnnx(graph)) + JSON.stringify(used(graph, variables));
}
