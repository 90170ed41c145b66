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
import { elements, type Graph, inputsOf, parametersOf, type Shape, show } from '../graph/index.js';
import { lower } from '../lower/index.js';
import { writeOnnx } from '../onnx/index.js';
import { Client } from './client.js';
import { type Device, defaultThreads, devices, sessionOptions } from './devices.js';
import type { Tensor, Tensors } from './tensor.js';

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
}

export function openRuntime({ device = 'cpu', threads = defaultThreads() }: RuntimeOptions = {}): Runtime {
  const client = new Client();
  const options = sessionOptions(device, threads);
  let programs = 0;

  const start = async (
    model: Uint8Array,
    { name = 'the model', variables = [], updates = {}, check = () => {} }: Prepared = {},
  ): Promise<Program> => {
    const program = programs++;
    const outputs = await client.call('compile', { program, model, options, variables, updates });
    const fetchable = outputs.filter((output) => !(output in updates));
    return {
      async run(feeds, fetches = fetchable) {
        check(feeds);
        refuseUnknown(`${name}: no output`, fetches, outputs);
        return client.call('run', { program, feeds, fetches });
      },
      release: () => client.call('release', { program }),
    };
  };

  return {
    device,
    threads,
    async compile(graph, { weights = {}, updates = {} } = {}) {
      const lowered = lower(graph, devices[device].target);
      const model = writeOnnx(lowered, { weights: new Map(Object.entries(weights)) });
      const variables = parametersOf(lowered)
        .map((p) => p.source.name)
        .filter((name) => !(name in weights));
      const expected = inputsOf(lowered).map((i) => ({ name: i.source.name, dtype: i.dtype, shape: i.shape }));
      refuseUnknown(`${graph.name}: no output`, Object.keys(updates), Object.keys(graph.outputs));
      return start(model, {
        name: graph.name,
        variables,
        updates,
        check: (feeds) => checkFeeds(graph.name, expected, feeds),
      });
    },
    load: (model) => start(model),
    write: (variables) => client.call('write', { variables }),
    read: (names) => client.call('read', { names }),
    close: () => client.close(),
  };
}

interface Prepared {
  readonly name?: string;
  readonly variables?: readonly string[];
  readonly updates?: Readonly<Record<string, string>>;
  readonly check?: (feeds: Tensors) => void;
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
