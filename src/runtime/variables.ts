/**
 * Variables in the order in which a target keeps them, where a device keeps them. Outside they are plain; where they are kept otherwise, a
 * program of nothing but identities brings them in or out, as lowering lays its ends and the engine copies what leaves a device.
 */
import { type Graph, identity, input, parameter, type Shape } from '../graph/index.js';
import { storedLayout, type Target } from '../lower/index.js';
import type { Channel } from './channel.js';
import type { CompileOptions, Program } from './runtime.js';
import { buffersOf, type Tensors } from './tensor.js';

export class Variables {
  private readonly shapes = new Map<string, Shape>();

  constructor(
    private readonly client: Channel,
    private readonly target: () => Promise<Target>,
    /** Whether updates stay in the memory of a device. */
    private readonly areAway: boolean,
    private readonly compile: (graph: Graph, options?: CompileOptions) => Promise<Program>,
  ) {}

  /** Notes variables that a program makes: name -> shape. */
  know(shapes: Iterable<readonly [string, Shape]>): void {
    for (const [name, shape] of shapes) this.shapes.set(name, shape);
  }

  /** Whether the target keeps this variable in another order than plain. */
  async isLaid(name: string): Promise<boolean> {
    return storedLayout(this.shapes.get(name) ?? [], await this.target()) !== 'plain';
  }

  async write(variables: Tensors, { move = false } = {}): Promise<void> {
    this.know(Object.entries(variables).map(([name, { shape }]) => [name, shape]));
    const all = Object.entries(variables);
    // what is only read would otherwise be uploaded by every run
    const isFloat = ([, { dtype }]: (typeof all)[number]) => dtype === 'float32';
    const [plain, laid] = this.areAway
      ? [all.filter((each) => !isFloat(each)), all.filter(isFloat)]
      : await this.split(all, ([name]) => name);
    const send = (some: typeof all) =>
      this.client.call(
        'write',
        { variables: Object.fromEntries(some) },
        move ? buffersOf(some.map(([, tensor]) => tensor)) : [],
      );
    await send(plain);
    if (laid.length === 0) return;
    const given = (name: string) => `given:${name}`;
    await send(laid.map(([name, tensor]) => [given(name), tensor]));
    const outputs = laid.map(([name, { shape }]) => [`next:${name}`, identity(input(name, shape))] as const);
    const updates = Object.fromEntries(laid.map(([name]) => [`next:${name}`, name]));
    const fed = Object.fromEntries(laid.map(([name]) => [name, given(name)]));
    await this.once({ name: 'write', outputs: Object.fromEntries(outputs) }, {}, { updates, fed });
    await this.client.call('forget', { names: Object.values(fed) });
  }

  async read(names: readonly string[]): Promise<Tensors> {
    const [plain, laid] = this.areAway ? [[], names] : await this.split(names, (name) => name);
    const found = await this.client.call('read', { names: plain });
    if (laid.length === 0) return found;
    const outputs = laid.map((name) => [`now:${name}`, identity(parameter(name, this.shapes.get(name)!))] as const);
    const read = await this.once({ name: 'read', outputs: Object.fromEntries(outputs) }, {});
    return Object.fromEntries(names.map((name) => [name, (found[name] ?? read[`now:${name}`])!]));
  }

  /** Which of them are kept as they come. */
  private async split<T>(all: readonly T[], nameOf: (item: T) => string): Promise<readonly [plain: T[], laid: T[]]> {
    const laid = await Promise.all(all.map((item) => this.isLaid(nameOf(item))));
    return [all.filter((_, i) => !laid[i]), all.filter((_, i) => laid[i])];
  }

  /** The program, whose updates can be fetched as plain tensors: those kept otherwise are read where they went, but for those that are lent. */
  plainUpdates(program: Program, updates: Readonly<Record<string, string>>, lent: ReadonlySet<string>): Program {
    const isUpdate = (output: string) => output in updates && !lent.has(output);
    return {
      ...program,
      run: async (feeds, fetches, returned) => {
        if (!fetches?.some(isUpdate)) return program.run(feeds, fetches, returned);
        const [direct, laid] = this.areAway
          ? [fetches.filter((output) => !isUpdate(output)), fetches.filter(isUpdate)]
          : await this.split(fetches, (output) => (isUpdate(output) ? updates[output]! : ''));
        const found = await program.run(feeds, direct, returned);
        const kept = await this.read(laid.map((output) => updates[output]!));
        return { ...found, ...Object.fromEntries(laid.map((output) => [output, kept[updates[output]!]!])) };
      },
    };
  }

  private async once(graph: Graph, feeds: Tensors, options?: CompileOptions): Promise<Tensors> {
    const program = await this.compile(graph, options);
    try {
      return await program.run(feeds);
    } finally {
      await program.release();
    }
  }
}
