/** What a runtime is, wherever it runs. */
import type { Graph } from '../graph/index.js';
import type { Target } from '../lower/index.js';
import type { Device } from './devices.js';
import type { Precision } from './half.js';
import type { Tensors } from './tensor.js';

export type { Device } from './devices.js';

/** How a graph becomes a program. */
export interface CompileOptions {
  /** Values that never change, which lets them be folded and laid out beforehand; all other parameters are variables. */
  readonly weights?: Tensors;
  /**
   * Whether the memory of the weights may go over to the runtime, which saves a copy: their arrays are then empty, but further
   * programs of this runtime still know them. Default false.
   */
  readonly moveWeights?: boolean;
  /**
   * Whether it runs on a few images only, so that weights are taken as they lie, from their file where they have one: to lay them out for speed takes
   * as long as half a dozen images. The same numbers up to rounding. Default false.
   */
  readonly fewRuns?: boolean;
  /** Inputs that are fed from variables, which then lie as they were written: input name -> variable name. None by default. */
  readonly fed?: Readonly<Record<string, string>>;
  /** Outputs that become the new value of a variable after each run: output name -> variable name. */
  readonly updates?: Readonly<Record<string, string>>;
  /**
   * Of the updates, those whose memory goes over to whoever fetches them, in the order in which the target keeps variables. Such a variable has no
   * value until a run brings it back. Each group lies in one piece of memory, in the order of the outputs, and comes back as a whole. None by default.
   */
  readonly lent?: readonly (readonly string[])[];
}

/** A graph that is compiled, to be run again and again. */
export interface Program {
  /** Names of what it reads. */
  readonly inputs: readonly string[];
  /**
   * Runs once. Feeds every input by name; fetches the named outputs, by default all that are no updates.
   * @param returned variables that were lent, by name: their memory goes back
   */
  run(feeds: Tensors, fetches?: readonly string[], returned?: Tensors): Promise<Tensors>;
  release(): Promise<void>;
}

/** An engine in a thread of its own, and the variables that its programs share. */
export interface Runtime {
  readonly device: Device;
  readonly threads: number;
  /** How graphs are lowered here. */
  target(): Promise<Target>;
  /** Whether the device computes in 16-bit floats. */
  hasHalves(): Promise<boolean>;
  compile(graph: Graph, options?: CompileOptions): Promise<Program>;
  /** Bytes that a run of the graph takes at most, as it would be compiled here, besides the variables: an estimate. */
  memory(graph: Graph, options?: Pick<CompileOptions, 'updates'>): Promise<number>;
  /** As `compile`, for the bytes of an ONNX file. */
  load(model: Uint8Array): Promise<Program>;
  /**
   * Sets variables by name.
   * @param options.move whether their memory may go over to the runtime, which saves a copy: their arrays are then empty. Default false.
   */
  write(variables: Tensors, options?: { readonly move?: boolean }): Promise<void>;
  /** Current values of variables. */
  read(names: readonly string[]): Promise<Tensors>;
  /** What has crossed between the program and the device so far. */
  traffic(): Promise<Traffic>;
  close(): Promise<void>;
}

/** Bytes of all runs so far: what is fed and fetched, and variables where they do not stay on the device. Weights that a program was compiled with are not in it. */
export interface Traffic {
  readonly runs: number;
  readonly toDevice: number;
  readonly fromDevice: number;
}

/** Where and how a runtime computes. */
export interface RuntimeOptions {
  readonly device?: Device | undefined;
  /** Threads of the engine; by default every core that this process may use. */
  readonly threads?: number | undefined;
  /** How graphs are lowered; by default the first of the device's ways that works on this machine. */
  readonly target?: Target;
  /**
   * Bytes that a run may take, with weights, variables and their new values, by an estimate from the graph;
   * graphs that would take more are refused. Without limit by default. Files that are loaded and graphs of free sizes are not estimated.
   */
  readonly memory?: number | undefined;
  /**
   * In what programs whose weights never change compute; float32 by default. With float16 a graph is refused where the device has no 16-bit floats.
   * Training, and whatever has variables, computes in float32.
   */
  readonly precision?: Precision | undefined;
  /** Whether a graph is refused of which the engine would leave operators to the CPU, known before anything runs. */
  readonly alone?: boolean;
  /** Every program leaves a profile of its operators, when it is released: the beginning of the files' names. */
  readonly profile?: string;
}

/** How commands and functions of the library compute. */
export type ComputeOptions = Pick<RuntimeOptions, 'device' | 'threads' | 'memory' | 'precision'>;

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
    readonly lent?: readonly (readonly string[])[];
    /** Updates that may be written over the value that they replace. */
    readonly inPlace?: readonly string[];
    /** Where external data of the model lie. */
    readonly folder?: string | undefined;
    /** Whether the engine may rewrite the graph; what is lowered to blocks is written as it is to run. */
    readonly rewrite?: boolean;
  },
) => Promise<Program>;
