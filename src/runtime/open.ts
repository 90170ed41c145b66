/** Running graphs on whatever host: compiling, variables and checks. */
import { UserError } from '../errors.js';
import { type Graph, inputsOf, nodesOf, type ParameterValue, parametersOf, peakBytes } from '../graph/index.js';
import { type Lower, type Target, targets } from '../lower/index.js';
import { writeOnnx } from '../onnx/index.js';
import type { Channel } from './channel.js';
import { checked, refuseUnknown } from './checked.js';
import { type Devices, rowOf, type SessionSettings, sessionOptions } from './devices.js';
import type { FixedWeights } from './fixed-weights.js';
import { compileHalf, computesHalves, noHalves } from './half.js';
import { inPlace } from './in-place.js';
import { inWords, isKnown, refuseLarge } from './memory.js';
import { firstThatWorks } from './probe.js';
import type { CompileOptions, Program, Runtime, RuntimeOptions, Start } from './runtime.js';
import { buffersOf, copyOf, type Tensors } from './tensor.js';
import { Variables } from './variables.js';

/** What a program runs on: Node, or a page. */
export interface Host {
  readonly devices: Devices;
  /** For the targets of these devices; a page is not sent those of others. */
  readonly lower: Lower;
  /** Threads of the engine, where nobody says. */
  readonly threads: number;
  /** How weights that never change are laid out beforehand, where targets have an order of their own; a page is spared the code. */
  readonly fixedWeights?: (client: Channel, start: Start) => FixedWeights;
  /** Starts the thread of the engine. */
  connect(settings: Pick<SessionSettings, 'device' | 'threads'>): Channel;
}

type Inspect = (graph: Graph, more?: { readonly updates?: ReadonlySet<string>; readonly float?: number }) => void;

export function openRuntimeOn(
  host: Host,
  {
    device = 'cpu',
    threads = host.threads,
    target,
    profile,
    alone,
    memory,
    precision = 'float32',
  }: RuntimeOptions = {},
): Runtime {
  const row = rowOf(host.devices, device);
  const client = host.connect({ device, threads });
  let programs = 0;
  let probed: Promise<Target> | undefined;
  const chosenTarget = () => {
    probed ??= target ? Promise.resolve(target) : firstThatWorks(row.targets, runOnce);
    return probed;
  };
  let halves: Promise<boolean> | undefined;
  const hasHalves = () => {
    halves ??= computesHalves(runOnce);
    return halves;
  };
  const withinLimit: Inspect = (graph, more) => {
    if (memory !== undefined) refuseLarge(graph, { bytes: memory, ...more });
  };

  /** @param model whose memory goes over to the worker */
  const start: Start = async (
    model,
    { name = 'the model', variables = {}, updates = {}, lent = [], inPlace = [], folder, rewrite = true } = {},
  ): Promise<Program> => {
    const kept = Object.keys(updates).filter((output) => !lent.flat().includes(output));
    const options = sessionOptions(row, { threads, profile, rewrite, alone, folder, updates: kept });
    const program = programs++;
    const moved = [model.buffer as ArrayBuffer];
    const { inputs, outputs } = await client
      .call('compile', { program, model, options, variables, updates, lent, inPlace }, moved)
      .catch((error: Error) => Promise.reject(inWords(error, name, device)));
    const fetchable = outputs.filter((output) => !(output in updates));
    /** Memory of feeds that came back, by input: fresh memory takes longer to touch than to fill. */
    const spare = new Map<string, ArrayBuffer>();
    const taken = (name: string): ArrayBuffer | undefined => {
      const memory = spare.get(name);
      spare.delete(name);
      return memory;
    };
    return {
      inputs,
      async run(feeds, fetches = fetchable, returned = {}) {
        refuseUnknown(`${name}: no output`, fetches, outputs);
        // a message would copy twice, on writing and on reading
        const sent = Object.entries(feeds).map(([name, tensor]) => [name, copyOf(tensor, taken(name))] as const);
        const memory = buffersOf([...sent.map(([, tensor]) => tensor), ...Object.values(returned)]);
        const { fetched, fed } = await client
          .call('run', { program, feeds: Object.fromEntries(sent), fetches, returned }, memory)
          .catch((error: Error) => Promise.reject(inWords(error, name, device)));
        for (const [name, { data }] of Object.entries(fed)) spare.set(name, data.buffer as ArrayBuffer);
        return fetched;
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

  /** @param inspect looks at lowered graphs, and throws for what must not be */
  const compileSeenBy = async (
    inspect: Inspect,
    graph: Graph,
    {
      weights = {},
      moveWeights: move = false,
      fewRuns = false,
      fed = {},
      updates = {},
      lent = [],
    }: CompileOptions = {},
  ): Promise<Program> => {
    const { name, outputs } = graph;
    refuseUnknown(`${name}: no output`, Object.keys(updates), Object.keys(outputs));
    const parameters = parametersOf(graph);
    const isVariable = ({ source }: ParameterValue) => !(source.name in weights);
    const isFixed = parameters.length > 0 && !parameters.some(isVariable);
    // 8-bit operators are made by the engine's optimiser
    const isQuantised = nodesOf(Object.values(outputs)).some(({ op }) => op === 'DequantizeLinear');
    const inputs = inputsOf(graph);
    const isAsked = isFixed && inputs.length > 0;
    // what is written to run anywhere needs no trial of what runs here
    const isBrief = fewRuns && isAsked && !isQuantised && row.sharesMemory === true;
    const target = isBrief ? 'portable' : await chosenTarget();
    // what cannot change is laid out by the engine itself
    const way = (isFixed || isQuantised) && targets[target].block > 0 ? 'portable' : target;
    if (isQuantised && precision === 'float16')
      throw new UserError(`${name} is in 8-bit numbers, not in floats: take --precision float32`);
    if (isAsked && precision === 'float16') {
      if (!(await hasHalves())) throw noHalves(device);
      const look = (rest: Graph) => inspect(rest, { float: 2 });
      return checked(graph, await compileHalf(graph, { target: way, weights, start, runOnce, inspect: look }));
    }
    const isLaid = isAsked && !isQuantised && targets[target].block > 0;
    if (fixed && (isBrief || isLaid) && inputs.every(({ shape }) => isKnown(shape)))
      return checked(graph, await fixed.compile(graph, { target, weights, move, fewRuns, inspect }));
    const lowered = host.lower(graph, way, {
      constants: new Set(Object.keys(weights)),
      updates: new Set(Object.keys(updates)),
    });
    store.know(Object.entries(updates).map(([output, name]) => [name, outputs[output]!.shape]));
    inspect(lowered, { updates: new Set(Object.keys(updates)) });
    const variables = parametersOf(lowered).filter(isVariable);
    const isAsWritten = targets[way].block > 0;
    const program = await start(writeOnnx(lowered, { weights: new Map(Object.entries(weights)) }), {
      name,
      variables: { ...Object.fromEntries(variables.map(({ source }) => [source.name, source.name])), ...fed },
      updates,
      lent,
      // what the engine rewrites may read in another order
      inPlace: isAsWritten ? inPlace(lowered, updates).filter((output) => !lent.flat().includes(output)) : [],
      rewrite: !isAsWritten,
    });
    const asked = checked(graph, program, new Set(Object.keys(fed)));
    return store.plainUpdates(asked, updates, new Set(lent.flat()));
  };

  const compile = (graph: Graph, options?: CompileOptions) => compileSeenBy(withinLimit, graph, options);
  const fixed = host.fixedWeights?.(client, start);
  // what only brings variables in and out is not asked for its size
  const store = new Variables(client, chosenTarget, row.keeps !== undefined, (graph, options) =>
    compileSeenBy(() => {}, graph, options),
  );
  return {
    device,
    threads,
    target: chosenTarget,
    hasHalves,
    compile,
    async memory(graph, { updates = {} } = {}) {
      const outputs = new Set(Object.keys(updates));
      return peakBytes(host.lower(graph, await chosenTarget(), { updates: outputs }), outputs);
    },
    load: (model) => start(new Uint8Array(model)), // a copy: a Buffer's memory may be shared with others
    write: (variables, options) => store.write(variables, options),
    read: (names) => store.read(names),
    async traffic() {
      const { runs, fed, fetched, read, written } = await client.call('count', {});
      const [taken, given] = row.sharesMemory ? [0, 0] : [read, written];
      return { runs, toDevice: fed + taken, fromDevice: fetched + given };
    },
    close: () => client.close(),
  };
}
