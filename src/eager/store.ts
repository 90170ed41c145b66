/** The variables of called networks: one store per process, in it one set of variables per scope. */
import { UserError } from '../errors.js';
import { type Graph, type InputValue, type ParameterValue, scoped, show, type Value } from '../graph/index.js';
import { Build, initialise } from '../nn/index.js';
import { openRuntime, type Program, type Runtime, type Tensor, type Tensors } from '../runtime/index.js';

/** A call before it has a place: what goes in, and what to make of it. */
export interface Call {
  /** Unnamed calls count up after this: `resnet` gives `resnet_0`, `resnet_1`, … */
  readonly family: string;
  /** Calls of one scope share their variables. */
  readonly scope: string | undefined;
  /** Equal keys make equal graphs. */
  readonly key: string;
  readonly training: boolean;
  readonly seed: number;
  readonly input: InputValue;
  readonly forward: (x: Value, build: Build) => Value;
}

interface Scope {
  /** Name of a variable -> its shape as text. */
  readonly shapes: ReadonlyMap<string, string>;
  /** When all variables have their first values. */
  readonly ready: Promise<void>;
}

class Store {
  private runtime: Runtime | undefined;
  private readonly scopes = new Map<string, Scope>();
  private readonly programs = new Map<string, Promise<Program>>();
  private readonly counters = new Map<string, number>();

  /** Runs a call once; the graph is built and compiled at the first of its kind. */
  async run(call: Call, fed: Tensor): Promise<Tensor> {
    const scope = call.scope ?? this.unnamed(call.family);
    const program = await this.program(call, scope);
    await this.scopes.get(scope)!.ready;
    const { output } = await program.run({ [call.input.source.name]: fed });
    return output!;
  }

  /** Variables of a scope by their names within it. */
  async variables(scope: string): Promise<Tensors> {
    const names = this.namesIn(scope);
    await this.scopes.get(scope)!.ready;
    const values = await this.opened().read(names);
    return Object.fromEntries(names.map((name) => [name.slice(scope.length + 1), values[name]!]));
  }

  /** Sets variables of a scope, all or some, by their names within it. */
  async assign(scope: string, values: Tensors): Promise<void> {
    this.namesIn(scope);
    const { shapes, ready } = this.scopes.get(scope)!;
    await ready;
    for (const [name, { shape }] of Object.entries(values)) {
      const expected = shapes.get(`${scope}.${name}`);
      if (expected !== show(shape))
        throw new UserError(
          expected
            ? `${scope}.${name} has shape ${expected}, got ${show(shape)}`
            : `the scope ${scope} has no variable called ${name}; variables('${scope}') tells which it has`,
        );
    }
    await this.opened().write(Object.fromEntries(Object.entries(values).map(([name, v]) => [`${scope}.${name}`, v])));
  }

  /** Forgets all variables and programs; counting begins anew. */
  async reset(): Promise<void> {
    const { runtime } = this;
    this.runtime = undefined;
    for (const kept of [this.scopes, this.programs, this.counters]) kept.clear();
    await runtime?.close();
  }

  private opened(): Runtime {
    this.runtime ??= openRuntime();
    return this.runtime;
  }

  private unnamed(family: string): string {
    const id = this.counters.get(family) ?? 0;
    this.counters.set(family, id + 1);
    return `${family}_${id}`;
  }

  private program(call: Call, scope: string): Promise<Program> {
    const key = JSON.stringify([scope, call.training, call.key]);
    const known = this.programs.get(key);
    if (known) return known;
    const build = new Build({ training: call.training });
    const output = scoped(scope, () => call.forward(call.input, build));
    this.claim(scope, [...build.parameters.values()], call.seed);
    const updates = Object.fromEntries([...build.updates.keys()].map((name) => [`next:${name}`, name]));
    const next = Object.fromEntries([...build.updates].map(([name, value]) => [`next:${name}`, value]));
    const graph: Graph = { name: scope, outputs: { output, ...next } };
    const program = this.opened().compile(graph, { updates });
    this.programs.set(key, program);
    program.catch(() => this.programs.delete(key));
    return program;
  }

  /** A new scope takes these variables; a known one must have the same. @throws UserError where it has others */
  private claim(scope: string, parameters: readonly ParameterValue[], seed: number): void {
    const shapes = new Map(parameters.map(({ source, shape }) => [source.name, show(shape)]));
    const known = this.scopes.get(scope);
    if (!known) {
      this.scopes.set(scope, { shapes, ready: this.opened().write(initialise(parameters, seed)) });
      return;
    }
    const names = new Set([...known.shapes.keys(), ...shapes.keys()]);
    const other = [...names].find((name) => known.shapes.get(name) !== shapes.get(name));
    if (other !== undefined)
      throw new UserError(
        `the scope ${scope} holds the variables of another network or size: ${other} has shape ${known.shapes.get(other) ?? '(none)'} in it, and ${shapes.get(other) ?? '(none)'} here; call with another scope name`,
      );
  }

  private namesIn(scope: string): string[] {
    const found = this.scopes.get(scope);
    if (found) return [...found.shapes.keys()];
    throw new UserError(
      `no network was called in the scope ${scope}; there are ${[...this.scopes.keys()].join(', ') || 'none yet'}`,
    );
  }
}

/** The process's store, as the seed article keeps one graph and one counter per process. */
export const store = new Store();
