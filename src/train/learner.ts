/** Any loss made of the graph's operators, made smaller step by step: what `train` stands on, and what own networks are trained with. */
import { UserError } from '../errors.js';
import type { ParameterValue } from '../graph/index.js';
import { initialise } from '../nn/index.js';
import { type Moment, type StepOptions, type Stepped, type TrainingStep, trainingStep } from '../optim/index.js';
import type { Program, Runtime } from '../runtime/runtime.js';
import { copyOf, float32, type Tensors } from '../runtime/tensor.js';

/** What a learner is made of. */
export interface LearnerOptions extends StepOptions {
  /** Of first values; 0 by default. */
  readonly seed?: number;
  /** First values that are not drawn: weights, states of the optimiser, running averages. */
  readonly given?: Tensors;
}

interface Programs {
  readonly whole: Program;
  readonly part: Program | undefined;
}

/** Any graph in training: a loss, an optimiser, and the parameters on the device. */
export class Learner {
  /** Batches gathered for the next step. */
  private gathered = 0;

  private constructor(
    private readonly programs: Programs,
    private readonly made: TrainingStep,
  ) {}

  /** Differentiates and compiles the step, and gives all its variables first values. */
  static async create(runtime: Runtime, { seed = 0, given = {}, ...options }: LearnerOptions): Promise<Learner> {
    const made = trainingStep(options);
    const fresh = [...made.parameters, ...made.states, ...made.sums].filter((p) => !(p.source.name in given));
    const drawn = initialise(fresh, seed);
    const first: Tensors = { ...drawn, ...given };
    const copies = [...made.averages]
      .filter(([, { source }]) => !(source.name in first))
      .map(([name, { source }]) => [source.name, copyOf(first[name]!)]);
    await runtime.write(given);
    await runtime.write({ ...Object.fromEntries(copies), ...drawn }, { move: true });
    const compile = ({ graph, updates }: Stepped) => runtime.compile(graph, { updates });
    const programs = { whole: await compile(made), part: made.part && (await compile(made.part)) };
    return new Learner(programs, made);
  }

  /** Learned and tracked parameters, by which other graphs on the runtime can use them too. */
  get parameters(): readonly ParameterValue[] {
    return this.made.parameters;
  }

  /** Running averages by the name of what they follow. */
  get averages(): ReadonlyMap<string, ParameterValue> {
    return this.made.averages;
  }

  /** What the next steps depend on besides the parameters: tensors of the optimiser, running averages. */
  get states(): readonly ParameterValue[] {
    return [...this.made.states, ...this.made.averages.values()];
  }

  /** Adds the gradients of a batch to those of the next step, which then takes the mean over all of them. Needs `accumulates`. */
  async accumulate(feeds: Tensors): Promise<Tensors> {
    const { part } = this.programs;
    if (!part) throw new UserError('gradients are not gathered by this learner: create it with accumulates: true');
    const outputs = await part.run({ ...feeds, ...scalars({ carried: this.gathered > 0 ? 1 : 0 }) });
    this.gathered++;
    return outputs;
  }

  /** Learns from one batch; `loss` and the other outputs are those before the update. @param step counts from 0 */
  async step(feeds: Tensors, { step, ...moment }: Omit<Moment, 'parts'>): Promise<Tensors> {
    const values = this.made.feeds({ ...moment, step: step + 1, parts: this.gathered + 1 });
    this.gathered = 0;
    return this.programs.whole.run({ ...feeds, ...scalars(values) });
  }

  /** Lets the compiled step go; the variables stay. */
  async release(): Promise<void> {
    await this.programs.part?.release();
    await this.programs.whole.release();
  }
}

const scalars = (values: Readonly<Record<string, number>>): Tensors =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, float32(new Float32Array([value]), [])]));
