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
import {
  elements,
  type Graph,
  inputsOf,
  nodesOf,
  type ParameterValue,
  parametersOf,
  peakBytes,
  type Shape,
  show,
} from '../graph/index.js';
import { lower, type Target } from '../lower/index.js';
import { writeOnnx } from '../onnx/index.js';
import { Client } from './client.js';
import { type Device, defaultThreads, devices, sessionOptions } from './devices.js';
import { FixedWeights } from './fixed-weights.js';
import { firstThatWorks } from './probe.js';
import { copyOf, type Tensor, type Tensors } from './tensor.js';
import { Variables } from './variables.js';

export type { Target } from '../lower/index.js';
export { type Device, defaultThreads, deviceNamed, devices } from './devices.js';
export { float32, type Tensor, type TensorOf, type Tensors } from './tensor.js';

export interface CompileOptions {
  /** Values that never change, which lets them be folded and laid out beforehand; all other parameters are variables. */
  readonly weights?: Tensors;
  /**
   * Whether the memory of the weights may go over to the runtime, which saves a copy: their arrays are then empty, but further
   * programs of this runtime still know them. Default false.
   */
  readonly moveWeights?: boolean;
  /** Outputs that become the new value of a variable after each run: output name -> variable name. */
  readonly updates?: Readonly<Record<string, string>>;
}

export interface Program {
  /** Names of what it reads. */
  readonly inputs: readonly string[];
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
  /** Bytes that a run of the graph takes at most, as it would be compiled here, besides the variables: an estimate. */
  memory(graph: Graph, options?: Pick<CompileOptions, 'updates'>): Promise<number>;
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
  const start: Start = async (
    model,
    { name = 'the model', variables = {}, updates = {}, rewrite = true } = {},
  ): Promise<Program> => {
    const options = sessionOptions({ device, threads, profile, rewrite });
    const program = programs++;
    const moved = [model.buffer as ArrayBuffer];
    const { inputs, outputs } = await client.call('compile', { program, model, options, variables, updates }, moved);
    const fetchable = outputs.filter((output) => !(output in updates));
    return {
      inputs,
      async run(feeds, fetches = fetchable) {
        refuseUnknown(`${name}: no output`, fetches, outputs);
        // a message would copy twice, on writing and on reading
        const sent = Object.entries(feeds).map(([name, tensor]) => [name, copyOf(tensor)] as const);
        const memory = sent.map(([, { data }]) => data.buffer as ArrayBuffer);
        return client.call('run', { program, feeds: Object.fromEntries(sent), fetches }, memory);
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

  const compile = async (
    graph: Graph,
    { weights = {}, moveWeights = false, updates = {} }: CompileOptions = {},
  ): Promise<Program> => {
    const { name, outputs } = graph;
    refuseUnknown(`${name}: no output`, Object.keys(updates), Object.keys(outputs));
    const target = await chosenTarget();
    const parameters = parametersOf(graph);
    const isVariable = ({ source }: ParameterValue) => !(source.name in weights);
    const isFixed = parameters.length > 0 && !parameters.some(isVariable);
    // 8-bit operators are made by the engine's optimiser
    const isQuantised = nodesOf(Object.values(outputs)).some(({ op }) => op === 'DequantizeLinear');
    const inputs = inputsOf(graph);
    const isSteady = isFixed && inputs.length > 0 && inputs.every(({ shape }) => isKnown(shape));
    if (isSteady && !isQuantised && target !== 'portable')
      return checked(graph, await fixed.compile(graph, { target, weights, move: moveWeights }));
    // what cannot change is laid out by the engine itself
    const way = isFixed || isQuantised ? 'portable' : target;
    const lowered = lower(graph, way, {
      constants: new Set(Object.keys(weights)),
      updates: new Set(Object.keys(updates)),
    });
    store.know(Object.entries(updates).map(([output, name]) => [name, outputs[output]!.shape]));
    const variables = parametersOf(lowered).filter(isVariable);
    const program = await start(writeOnnx(lowered, { weights: new Map(Object.entries(weights)) }), {
      name,
      variables: Object.fromEntries(variables.map(({ source }) => [source.name, source.name])),
      updates,
      rewrite: way === 'portable',
    });
    return store.plainUpdates(checked(graph, program), updates);
  };

  const fixed = new FixedWeights(client, start);
  const store = new Variables(client, chosenTarget, compile);
  return {
    device,
    threads,
    target: chosenTarget,
    compile,
    async memory(graph, { updates = {} } = {}) {
      const outputs = new Set(Object.keys(updates));
      return peakBytes(lower(graph, await chosenTarget(), { updates: outputs }), outputs);
    },
    load: (model) => start(new Uint8Array(model)), // a copy: a Buffer's memory may be shared with others
    write: (variables) => store.write(variables),
    read: (names) => store.read(names),
    close: () => client.close(),
  };
}

/** Has the bytes of a model compiled. */
export type Start = (
  model: Uint8Array,
  options?: {
    /** What errors call it. */
    readonly name?: string;
    /** Input name -> the variable that it is fed from. */
    readonly variables?: Readonly<Record<string, string>>;
    /** Output name -> the variable that it becomes. */
    readonly updates?: Readonly<Record<string, string>>;
    /** Whether the engine may rewrite the graph; what is lowered to blocks is written as it is to run. */
    readonly rewrite?: boolean;
  },
) => Promise<Program>;

const isKnown = (shape: Shape) => shape.every((d) => typeof d === 'number');

/** The program of a graph, fed with exactly the graph's inputs; lowering may have found one without influence. */
function checked(graph: Graph, program: Program): Program {
  const expected = inputsOf(graph).map((i) => ({ name: i.source.name, dtype: i.dtype, shape: i.shape }));
  return {
    ...program,
    inputs: expected.map(({ name }) => name),
    async run(feeds, fetches) {
      checkFeeds(graph.name, expected, feeds);
      const read = Object.entries(feeds).filter(([name]) => program.inputs.includes(name));
      return program.run(Object.fromEntries(read), fetches);
    },
  };
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
