/**
 * What runs inside the worker: sessions of the runtime, and the variables that they share. Parameters and optimiser state
 * stay here from step to step; only what is fed and fetched crosses the thread.
 */
import type {
  InferenceSession,
  InferenceSessionFactory,
  Tensor as OrtTensor,
  TensorConstructor,
} from 'onnxruntime-common';
import { isInLine, Places, slab } from './slab.js';
import { copyOf, type Tensor, type Tensors } from './tensor.js';

/** What the engine needs of onnxruntime-node, -web or another build. */
export interface Ort {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
}

export interface Compile {
  readonly program: number;
  readonly model: Uint8Array;
  readonly options: InferenceSession.SessionOptions;
  /** Inputs that are fed from variables: input name -> variable name. */
  readonly variables: Readonly<Record<string, string>>;
  /** Outputs that become the new value of a variable: output name -> variable name. */
  readonly updates: Readonly<Record<string, string>>;
  /** Updates whose memory goes over with the answer when they are fetched, in groups that have a piece of memory each. */
  readonly lent: readonly (readonly string[])[];
  /** Updates that are written over the value that they replace. */
  readonly inPlace: readonly string[];
}

/** Everything that can be asked of the engine, each with its answer. Tensors of an answer are the asker's to keep. */
export interface Requests {
  /** Answers with the names of what is fed and fetched. */
  compile(request: Compile): Promise<{ readonly inputs: readonly string[]; readonly outputs: readonly string[] }>;
  run(request: {
    readonly program: number;
    readonly feeds: Tensors;
    readonly fetches: readonly string[];
    /** Variables that were lent. */
    readonly returned: Tensors;
  }): Promise<{ readonly fetched: Tensors /** The feeds, whose memory goes back. */; readonly fed: Tensors }>;
  release(request: { readonly program: number }): Promise<void>;
  write(request: { readonly variables: Tensors }): Promise<void>;
  read(request: { readonly names: readonly string[] }): Promise<Tensors>;
  /** Gives up the memory of variables. */
  forget(request: { readonly names: readonly string[] }): Promise<void>;
  /** Gives up everything. */
  end(request: Record<never, never>): Promise<void>;
  /** What runs took from plain memory and left there, since the engine was made. */
  count(request: Record<never, never>): Promise<Counts>;
}

/** Bytes in plain memory, of all runs. */
export interface Counts {
  readonly runs: number;
  readonly fed: number;
  readonly fetched: number;
  /** Of variables that were read, and those that were written; what lies in the memory of a device counts as nothing. */
  readonly read: number;
  readonly written: number;
}

interface Program extends Omit<Compile, 'model' | 'options' | 'lent'> {
  readonly lent: readonly string[];
  readonly session: InferenceSession;
  readonly profiled: boolean;
  /** Whether the session writes into memory that is given to it. */
  readonly fills: boolean;
  /** Memory for updates: those that stay, unless they have some, and those that are lent. */
  readonly allocate: (known?: OnnxTensors) => OnnxTensors;
  readonly allocateLent: () => OnnxTensors;
  /** Whether it reads variables that it updates. */
  readonly readsOwn: boolean;
  /** Where the next run writes its updates, and the run after it: never over the values that it reads. Made when first needed. */
  destinations: readonly [next?: OnnxTensors | undefined, after?: OnnxTensors | undefined];
}

type OnnxTensors = Readonly<Record<string, OrtTensor>>;

/** Of tensors, as far as they lie in plain memory. */
const plainBytes = (tensors: readonly OrtTensor[]): number =>
  tensors.reduce((sum, tensor) => sum + (isPlain(tensor) ? (tensor.data as Uint8Array).byteLength : 0), 0);
const memoryOf = ({ data }: OrtTensor) => data as Float32Array<ArrayBuffer>;
/** What lies elsewhere throws where its data are asked for. */
const isPlain = ({ location }: OrtTensor): boolean => location !== 'gpu-buffer';

const plain = ({ type, dims, data }: OrtTensor): Tensor => ({ dtype: type, shape: dims, data }) as Tensor;

/** Answers give their memory away, which variables must not that stay. */
const answer = (output: string, tensor: OrtTensor, { updates, lent }: Pick<Program, 'updates' | 'lent'>): Tensor =>
  output in updates && !lent.includes(output) ? copyOf(plain(tensor)) : plain(tensor);

interface EngineSettings {
  /** Whether this build writes into tensors that are given for outputs. */
  readonly fillsOutputs: boolean;
}

export function createEngine(ort: Ort, { fillsOutputs }: EngineSettings): Requests {
  const programs = new Map<number, Program>();
  const variables = new Map<string, OrtTensor>();
  let counts: Counts = { runs: 0, fed: 0, fetched: 0, read: 0, written: 0 };
  const resident = ({ dtype, shape, data }: Tensor) => new ort.Tensor(dtype, data as Float32Array, shape) as OrtTensor;
  const variable = (name: string): OrtTensor => {
    const found = variables.get(name);
    if (!found) throw new Error(`the variable '${name}' has no value yet: write it before it is read or run`);
    return found;
  };
  /** Who made what lies in the memory of a device: memory that is not collected as garbage, and goes with its session. */
  const makers = new Map<OrtTensor, Program>();
  const retired = new Set<Program>();
  /** Ends the sessions of released programs, as soon as nothing of theirs is a variable any more. */
  const endRetired = async (): Promise<void> => {
    const needed = new Set(makers.values());
    for (const program of [...retired].filter((each) => !needed.has(each))) {
      retired.delete(program);
      await program.session.release();
    }
  };
  const drop = (name: string): void => {
    const before = variables.get(name);
    variables.delete(name);
    if (before && makers.delete(before)) before.dispose();
  };
  const replace = (name: string, tensor: OrtTensor, maker?: Program): void => {
    drop(name);
    variables.set(name, tensor);
    if (maker && tensor.location === 'gpu-buffer') makers.set(tensor, maker);
  };
  const programOf = (id: number): Program => {
    const found = programs.get(id);
    if (!found) throw new Error(`program ${id} was released`);
    return found;
  };

  const release = async (id: number): Promise<void> => {
    const program = programOf(id);
    programs.delete(id);
    if (program.profiled) program.session.endProfiling();
    retired.add(program);
    await endRetired();
  };

  /** Where a program has written what it lends, if all of it is back in plain memory: nobody reads it any more. */
  const broughtBack = ({ fills, lent, updates }: Program): OnnxTensors | undefined => {
    const found = lent.map((output) => [output, variables.get(updates[output]!)] as const);
    return fills && found.every(([, tensor]) => tensor && isPlain(tensor))
      ? (Object.fromEntries(found) as OnnxTensors)
      : undefined;
  };

  /** Values that are written over. */
  const writtenOver = ({ fills, inPlace, updates }: Program): OnnxTensors =>
    fills ? Object.fromEntries(inPlace.map((output) => [output, variable(updates[output]!)])) : {};

  /** Memory of values that a program has replaced, where nobody else has a part in it: the run after the next may write there. */
  const leftBy = (replaced: OnnxTensors, made: OnnxTensors): OnnxTensors => {
    const kept = [...programs.values()].flatMap(({ destinations }) =>
      destinations.flatMap((all = {}) => Object.values(all)),
    );
    const used = new Places([...variables.values(), ...kept].filter(isPlain).map(memoryOf));
    return Object.fromEntries(
      Object.entries(replaced).filter(([output, tensor]) => {
        const fits = made[output] && isPlain(tensor) && `${tensor.dims}` === `${made[output].dims}`;
        return fits && isInLine(memoryOf(tensor)) && !used.has(memoryOf(tensor));
      }),
    );
  };

  const allocator =
    ({ outputMetadata }: InferenceSession, isWanted: (output: string) => boolean) =>
    (known: OnnxTensors = {}): OnnxTensors => {
      const places = outputMetadata.flatMap((output) => {
        if (output.name in known || !isWanted(output.name) || !output.isTensor || output.type !== 'float32') return [];
        const shape = output.shape.filter((d) => typeof d === 'number');
        return shape.length === output.shape.length ? [{ name: output.name, shape }] : [];
      });
      const memory = slab(places);
      const made = places.map(({ name, shape }) => [
        name,
        resident({ dtype: 'float32', shape, data: memory.get(name)! }),
      ]);
      return { ...known, ...Object.fromEntries(made) };
    };

  return {
    async compile({ model, options, lent: groups, ...program }) {
      const profiled = options.enableProfiling ?? false;
      const session = await ort.InferenceSession.create(model, options);
      const fills = fillsOutputs && !options.preferredOutputLocation;
      const memoryFor = (isWanted: (output: string) => boolean) => (fills ? allocator(session, isWanted) : () => ({}));
      const lent = groups.flat();
      const fixed = [...lent, ...(fills ? program.inPlace : [])];
      const allocate = memoryFor((output) => output in program.updates && !fixed.includes(output));
      const pieces = groups.map((group) => memoryFor((output) => group.includes(output)));
      const allocateLent = (): OnnxTensors => Object.assign({}, ...pieces.map((piece) => piece()));
      const read = new Set(Object.values(program.variables));
      const readsOwn = Object.values(program.updates).some((name) => read.has(name));
      programs.set(program.program, {
        ...program,
        ...{ lent, session, profiled, fills, allocate, allocateLent, readsOwn, destinations: [] },
      });
      const inputs = session.inputNames.filter((name) => !(name in program.variables));
      return { inputs, outputs: session.outputNames };
    },
    async run({ program: id, feeds, fetches, returned }) {
      const program = programOf(id);
      for (const [name, tensor] of Object.entries(returned)) replace(name, resident(tensor));
      const fed = Object.entries(feeds).map(([name, tensor]) => [name, resident(tensor)] as const);
      const taken = Object.entries(program.variables).map(([input, name]) => [input, variable(name)] as const);
      const inputs = Object.fromEntries([...fed, ...taken]);
      const wanted = [...fetches, ...Object.keys(program.updates)];
      const [made = program.allocate(), after] = program.destinations;
      const lent = broughtBack(program) ?? program.allocateLent();
      const written = writtenOver(program);
      const found = await program.session.run(inputs, {
        ...Object.fromEntries(wanted.map((name) => [name, null])),
        ...made,
        ...lent,
        ...written,
      });
      const outputs = { ...found, ...made, ...lent, ...written } as OnnxTensors;
      const updated = Object.keys(program.updates).map((output) => outputs[output]!);
      counts = {
        runs: counts.runs + 1,
        fed: counts.fed + plainBytes(fed.map(([, tensor]) => tensor)),
        fetched: counts.fetched + plainBytes(fetches.map((name) => outputs[name]!)),
        read: counts.read + plainBytes(taken.map(([, tensor]) => tensor)),
        written: counts.written + plainBytes(updated),
      };
      const replaced: Record<string, OrtTensor> = {};
      for (const [output, name] of Object.entries(program.updates)) {
        const before = variables.get(name);
        if (before) replaced[output] = before;
        replace(name, outputs[output]!, program);
      }
      await endRetired();
      program.destinations = program.readsOwn ? [after ?? program.allocate(leftBy(replaced, made)), made] : [made];
      for (const output of program.lent) if (fetches.includes(output)) variables.delete(program.updates[output]!);
      return {
        fetched: Object.fromEntries(fetches.map((name) => [name, answer(name, outputs[name]!, program)])),
        fed: feeds,
      };
    },
    release: ({ program }) => release(program),
    async write({ variables: written }) {
      const places = new Places();
      for (const [name, tensor] of Object.entries(written))
        replace(name, resident(places.add(tensor.data) ? tensor : copyOf(tensor)));
      await endRetired();
    },
    async read({ names }) {
      return Object.fromEntries(names.map((name) => [name, copyOf(plain(variable(name)))]));
    },
    async forget({ names }) {
      for (const name of names) drop(name);
      await endRetired();
    },
    async end() {
      for (const id of [...programs.keys()]) await release(id);
      for (const name of [...variables.keys()]) drop(name);
      await endRetired();
    },
    async count() {
      return counts;
    },
  };
}
