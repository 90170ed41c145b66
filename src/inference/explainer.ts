/** Why a classifier says what it says. */
import type { Skipped } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import { UserError } from '../errors.js';
import { softmax } from '../graph/index.js';
import { Build } from '../nn/index.js';
import { float32, type Program, type Tensor, type TensorOf } from '../runtime/index.js';
import { type Model, readModel } from '../weights/index.js';
import type { Attributions, ClassMap, Explained } from './explanation.js';
import { gradCamGraph } from './grad-cam.js';
import { type Answer, type FedBatch, ImageModel, type OpenModelOptions } from './image-model.js';
import { middles, pathGraph } from './integrated-gradients.js';
import type { Features } from './layers.js';
import { sampleOf, seenBy } from './seen.js';

/** What is asked of an explanation. */
export interface ExplainOptions {
  /** Name of the class to explain; by default each image's most probable. */
  readonly class?: string | undefined;
}

/** Steps of integrated gradients; the paper finds 20 to 300 enough (section 5). */
export const STEPS = 50;

/** A classifier on a device. `close` it to let the program end at once. */
export class Explainer {
  private constructor(private readonly images: ImageModel) {}

  /** @throws UserError for models that do not classify */
  static open(model: Model, options: OpenModelOptions = {}): Explainer {
    const { task } = model.card;
    if (task !== 'classify')
      throw new UserError(
        `this model was trained to ${task}, and says no classes to be explained; give one made by 'train classify'`,
      );
    return new Explainer(ImageModel.open(model, options));
  }

  get model(): Pick<Model, 'card' | 'network'> {
    return this.images.model;
  }

  /** Images that could not be read so far. */
  get skipped(): readonly Skipped[] {
    return this.images.skipped;
  }

  /**
   * Grad-CAM of each image: `gradCamGraph` has the formula.
   * @param options.stage whose maps are looked at, from 1; the last by default
   * @throws UserError for classes and stages that there are not
   */
  async *gradCam(
    images: readonly string[] | Dataset,
    { class: name, stage }: ExplainOptions & { readonly stage?: number | undefined } = {},
  ): AsyncGenerator<Answer<ClassMap>> {
    for await (const { batch, wanted, of } of this.asked(images, name)) {
      const { size, feeds } = batch;
      const program = await this.images.program(`grad-cam ${stage} ${size}`, () =>
        gradCamGraph(this.model, { stage }, size),
      );
      const { map } = await program.run({ ...feeds, wanted });
      yield* batch.answers((row) => ({ ...of(row), map: featuresIn(map!, row) }));
    }
  }

  /**
   * Integrated gradients of each image beside a black one: `pathGraph` has the formula. Their sum is the difference of the two
   * logits, up to an error that more steps make smaller.
   * @param options.steps places of the way at which gradients are taken; 50 by default
   * @throws UserError for classes that there are not
   */
  async *integratedGradients(
    images: readonly string[] | Dataset,
    { class: name, steps = STEPS }: ExplainOptions & { readonly steps?: number | undefined } = {},
  ): AsyncGenerator<Answer<Attributions>> {
    if (!Number.isInteger(steps) || steps < 1)
      throw new UserError(`expected steps in whole numbers from 1, got ${steps}`);
    for await (const { batch, wanted, of } of this.asked(images, name)) {
      const program = await this.images.program(`path ${batch.size}`, () => pathGraph(this.model, batch.size));
      const feeds = { ...batch.feeds, wanted };
      const attributions = await integral(program, feeds, { size: batch.size, steps });
      const logitAt = async (share: number) =>
        (await program.run({ ...feeds, share: at(share, batch.size) }, ['logit'])).logit!.data as Float32Array;
      const [black, full] = [await logitAt(0), await logitAt(1)];
      yield* batch.answers((row) => ({
        ...of(row),
        attributions: featuresIn(attributions, row),
        logit: full[row]!,
        blackLogit: black[row]!,
      }));
    }
  }

  /** Ends the engine. */
  close(): Promise<void> {
    return this.images.close();
  }

  /** Batches with the class that is meant for each of their images, one-hot [n, k]. */
  private async *asked(images: readonly string[] | Dataset, name: string | undefined) {
    const { classes } = this.model.card;
    const only = name === undefined ? undefined : classNumber(classes, name);
    for await (const batch of this.images.batches(images)) {
      const probabilities = await this.probabilities(batch);
      const numbers = Array.from({ length: batch.size }, (_, row) => only ?? largest(sampleOf(probabilities, row)));
      const wanted = float32(new Float32Array(batch.size * classes.length), [batch.size, classes.length]);
      for (const [row, number] of numbers.entries()) wanted.data[row * classes.length + number] = 1;
      const of = (row: number): Explained => ({
        label: classes[numbers[row]!]!,
        probability: sampleOf(probabilities, row)[numbers[row]!]!,
      });
      yield { batch, wanted, of };
    }
  }

  /** [n, k] */
  private async probabilities({ size, feeds }: FedBatch): Promise<TensorOf<'float32'>> {
    const program = await this.images.program(`classify ${size}`, () => {
      const logits = this.model.network.forward(seenBy(this.model, size), new Build());
      return { name: `${this.model.network.name} classify`, outputs: { probabilities: softmax(logits, 1) } };
    });
    return (await program.run(feeds)).probabilities as TensorOf<'float32'>;
  }
}

/** Opens a trained classifier by its file or run folder. @throws UserError for models that do not classify */
export const loadExplainer = async (path: string, options: OpenModelOptions = {}): Promise<Explainer> =>
  Explainer.open(await readModel(path), { moveWeights: true, ...options });

const at = (share: number, size: number) => float32(new Float32Array(size).fill(share), [size, 1, 1, 1]);

/** The mean of the slopes on the way. */
async function integral(
  program: Program,
  feeds: Parameters<Program['run']>[0],
  { size, steps }: { readonly size: number; readonly steps: number },
) {
  let sums: TensorOf<'float32'> | undefined;
  for (const share of middles(steps)) {
    const { slope } = (await program.run({ ...feeds, share: at(share, size) }, ['slope'])) as {
      slope: TensorOf<'float32'>;
    };
    sums ??= float32(new Float32Array(slope.data.length), slope.shape);
    for (let i = 0; i < slope.data.length; i++) sums.data[i]! += slope.data[i]! / steps;
  }
  return sums!;
}

const featuresIn = ({ shape, data }: Tensor, row: number): Features => ({
  shape: shape.slice(1),
  data: sampleOf({ shape, data: data as Float32Array }, row).slice(),
});

const largest = (values: Float32Array): number =>
  values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);

/** How many class names an error lists. */
const LISTED = 20;

function classNumber(classes: readonly string[], name: string): number {
  const number = classes.indexOf(name);
  if (number >= 0) return number;
  const listed = classes.slice(0, LISTED).join(', ') + (classes.length > LISTED ? ', …' : '');
  throw new UserError(`no class is called '${name}': expected one of ${listed}`);
}
