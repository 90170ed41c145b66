/**
 * Running graphs. A runtime owns one worker thread with the native engine and the variables that its programs share:
 *
 * ```ts
 * const runtime = openRuntime();
 * await runtime.write({ w: float32(new Float32Array([2]), [1]) });
 * const program = await runtime.compile({ name: 'double', outputs: { y: mul(x, w) } });
 * const { y } = await program.run({ x: float32(new Float32Array([3]), [1]) });
 * ```
 */
import { UserError } from '../errors.js';
import { elements, type Graph, inputsOf, type ParameterValue, parametersOf, type Shape, show } from '../graph/index.js';
import { lower, type Target } from '../lower/index.js';
import { writeOnnx } from '../onnx/index.js';
import { Client } from './client.js';
import { type Device, defaultThreads, devices, sessionOptions } from './devices.js';
import { firstThatWorks } from './probe.js';
import type { Tensor, Tensors } from './tensor.js';
import { Variables } from './variables.js';

export type { Target } from '../lower/index.js';
export { type Device, defaultThreads, deviceNamed, devices } from './devices.js';
export { float32, type Tensor, type TensorOf, type Tensors } from './tensor.js';

export interface CompileOptions {
  /** Values to compile in as constants, which lets the engine fold and re-lay them; all other parameters are variables. */
  readonly weights?: Tensors;
  /** Outputs that become the new value of a variable after each run: output name -> variable name. */
  readonly updates?: Readonly<Record<string, string>>;
}

export interface Program {
  /** Runs once. Feeds every input by name; fetches the named outputs, by default all that are no updates. */
  run(feeds: Tensors, fetches?: readonly string[]): Promise<Tensors>;
  release(): Promise<void>;
}

export interface Runtime {
  readonly device: Device;
  readonly threads: number;
  /** How graphs are lowered here. */
  target(): Promise<Target>;
  compile(graph: Graph, options?: CompileOptions): Promise<Program>;
  /** As `compile`, for the bytes of an ONNX file. */
  load(model: Uint8Array): Promise<Program>;
  /** Sets variables by name. */
  write(variables: Tensors): Promise<void>;
  /** Current values of variables. */
  read(names: readonly string[]): Promise<Tensors>;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  readonly device?: Device;
  /** Threads of the engine; by default every core that this process may use. */
  readonly threads?: number;
  /** How graphs are lowered; by default the first of the device's ways that works on this machine. */
  readonly target?: Target;
  /** Every program leaves a profile of its operators, when it is released: the beginning of the files' names. */
  readonly profile?: string;
}

export function openRuntime({
  device = 'cpu',
  threads = defaultThreads(),
  target,
  profile,
}: RuntimeOptions = {}): Runtime {
  const client = new Client();
  let programs = 0;
  let probed: Promise<Target> | undefined;
  const chosenTarget = () => {
    probed ??= target ? Promise.resolve(target) : firstThatWorks(devices[device].targets, runOnce);
    return probed;
  };

  /** @param model whose memory goes over to the worker */
  const start = async (
    model: Uint8Array,
    { name = 'the model', variables = [], updates = {}, rewrite = true, read = (feeds) => feeds }: Prepared = {},
  ): Promise<Program> => {
    const options = sessionOptions({ device, threads, profile, rewrite });
    const program = programs++;
    const moved = [model.buffer as ArrayBuffer];
    const outputs = await client.call('compile', { program, model, options, variables, updates }, moved);
    const fetchable = outputs.filter((output) => !(output in updates));
    return {
      async run(feeds, fetches = fetchable) {
        const checked = read(feeds);
        refuseUnknown(`${name}: no output`, fetches, outputs);
        return client.call('run', { program, feeds: checked, fetches });
      },
      release: () => client.call('release', { program }),
    };
  };

  const runOnce = async (model: Uint8Array, feeds: Tensors): Promise<Tensors> => {
    const program = await start(model);
    const found = await program.run(feeds);
    await program.release();
    return found;
  };

  const compile = async (graph: Graph, { weights = {}, updates = {} }: CompileOptions = {}): Promise<Program> => {
    const isVariable = ({ source }: ParameterValue) => !(source.name in weights);
    refuseUnknown(`${graph.name}: no output`, Object.keys(updates), Object.keys(graph.outputs));
    // weights that cannot change are laid out by the engine itself
    const parameters = parametersOf(graph);
    const fixed = parameters.length > 0 && !parameters.some(isVariable);
    const way = fixed ? 'portable' : await chosenTarget();
    const lowered = lower(graph, way, {
      constants: new Set(Object.keys(weights)),
      updates: new Set(Object.keys(updates)),
    });
    const expected = inputsOf(graph).map((i) => ({ name: i.source.name, dtype: i.dtype, shape: i.shape }));
    const left = new Set(inputsOf(lowered).map(({ source }) => source.name));
    store.know(Object.entries(updates).map(([output, name]) => [name, graph.outputs[output]!.shape]));
    const program = await start(writeOnnx(lowered, { weights: new Map(Object.entries(weights)) }), {
      name: graph.name,
      variables: parametersOf(lowered)
        .filter(isVariable)
        .map(({ source }) => source.name),
      updates,
      rewrite: way === 'portable',
      read(feeds) {
        checkFeeds(graph.name, expected, feeds);
        return Object.fromEntries(Object.entries(feeds).filter(([name]) => left.has(name)));
      },
    });
    return store.plainUpdates(program, updates);
  };

  const store = new Variables(client, chosenTarget, compile);
  return {
    device,
    threads,
    target: chosenTarget,
    compile,
    load: (model) => start(new Uint8Array(model)), // a copy: a Buffer's memory may be shared with others
    write: (variables) => store.write(variables),
    read: (names) => store.read(names),
    close: () => client.close(),
  };
}

interface Prepared {
  readonly name?: string;
  readonly variables?: readonly string[];
  readonly updates?: Readonly<Record<string, string>>;
  /** Whether the engine may rewrite the graph; what is lowered to blocks is written as it is to run. */
  readonly rewrite?: boolean;
  /** Checks what is fed and picks what the engine reads of it: lowering may have found an input without influence. */
  readonly read?: (feeds: Tensors) => Tensors;
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

function refuseUnknown(what: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new UserError(`${what} called ${unknown.join(', ')}, only ${known.join(', ') || 'none'}`);
}
