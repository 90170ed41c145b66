/** Any loss made of the graph's operators, made smaller step by step: what `train` stands on, and what own networks are trained with. */
import type { ParameterValue, Value } from '../graph/index.js';
import { initialise } from '../nn/index.js';
import { type Optimizer, trainingStep } from '../optim/index.js';
import { float32, type Program, type Runtime, type Tensors } from '../runtime/index.js';

export interface LearnerOptions {
  /** A scalar; every trainable parameter that it depends on is learned. */
  readonly loss: Value;
  readonly optimizer: Optimizer;
  /** New values of tracked parameters by name, as `Build.updates` gathers them. */
  readonly tracked?: ReadonlyMap<string, Value>;
  /** More results to fetch at every step, by name. */
  readonly outputs?: Readonly<Record<string, Value>>;
  /** Of first values; 0 by default. */
  readonly seed?: number;
  /** First values that are not drawn: weights, states of the optimiser. */
  readonly given?: Tensors;
}

export class Learner {
  private constructor(
    private readonly program: Program,
    private readonly optimizer: Optimizer,
    private readonly scalars: readonly string[],
    /** Learned and tracked parameters, by which other graphs on the runtime can use them too. */
    readonly parameters: readonly ParameterValue[],
    /** Tensors of the optimiser. */
    readonly states: readonly ParameterValue[],
  ) {}

  /** Differentiates and compiles the step, and gives all its variables first values. */
  static async create(runtime: Runtime, options: LearnerOptions): Promise<Learner> {
    const { optimizer, seed = 0, given = {} } = options;
    const { graph, updates, parameters, scalars, states } = trainingStep(options);
    const fresh = [...parameters, ...states].filter((p) => !(p.source.name in given));
    await runtime.write({ ...initialise(fresh, seed), ...given });
    return new Learner(await runtime.compile(graph, { updates }), optimizer, scalars, parameters, states);
  }

  /** Learns from one batch; `loss` and the other outputs are those before the update. @param step counts from 0 */
  step(
    feeds: Tensors,
    { step, learningRate }: { readonly step: number; readonly learningRate: number },
  ): Promise<Tensors> {
    const values = this.optimizer.feeds(step + 1, learningRate);
    const fed = this.scalars.map((name) => [name, float32(new Float32Array([values[name]!]), [])]);
    return this.program.run({ ...feeds, ...Object.fromEntries(fed) });
  }

  /** Lets the compiled step go; the variables stay. */
  release(): Promise<void> {
    return this.program.release();
  }
}
