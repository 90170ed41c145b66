/** A trained model put to use: classes, vectors and images out of images. */
import type { Skipped } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import { UserError } from '../errors.js';
import { type Model, readModel } from '../weights/index.js';
import { type Answer, ImageModel, type OpenModelOptions } from './image-model.js';
import { featuresGraph, featuresOf, type NamedFeatures } from './layers.js';
import { type Question, questionGraph } from './questions.js';
import { sampleOf } from './seen.js';

export type { Answer, OpenModelOptions } from './image-model.js';

/** A class and how probable it is. */
export interface ClassScore {
  readonly label: string;
  readonly probability: number;
}

/** A model on a device. `close` it to let the program end at once. */
export class Predictor {
  private constructor(private readonly images: ImageModel) {}

  /** A predictor of a model that is in memory already. */
  static open(model: Model, options: OpenModelOptions = {}): Predictor {
    return new Predictor(ImageModel.open(model, options));
  }

  /** What the model is; its weights may have moved. */
  get model(): Pick<Model, 'card' | 'network'> {
    return this.images.model;
  }

  /** Images that could not be read so far. */
  get skipped(): readonly Skipped[] {
    return this.images.skipped;
  }

  /** Classes of each image, the most probable first. @param images files or folders, or a data set. */
  async *classify(
    images: readonly string[] | Dataset,
    { top = 5 } = {},
  ): AsyncGenerator<Answer<readonly ClassScore[]>> {
    this.expect('classify', 'classify images');
    const { classes } = this.model.card;
    for await (const { data, ...answer } of this.ask('classify', 'probabilities', images)) {
      const scores = classes.map((label, i) => ({ label, probability: (data as Float32Array)[i]! }));
      yield { ...answer, value: scores.sort((a, b) => b.probability - a.probability).slice(0, top) };
    }
  }

  /** The vector that the network makes of each image: pooled features, or an autoencoder's latent vector. */
  async *embed(images: readonly string[] | Dataset): AsyncGenerator<Answer<Float32Array>> {
    for await (const { data, ...answer } of this.ask('embed', 'vectors', images))
      yield { ...answer, value: data as Float32Array };
  }

  /**
   * What layers make of each image, by their names: `stage2` for the maps after the second stage, `layer1.0.conv1` for those of
   * a layer as `summary` lists it. What comes is a window on a whole batch: `slice` what is to be kept.
   * @throws UserError for names that the network does not have
   */
  async *features<const N extends string>(
    images: readonly string[] | Dataset,
    { at }: { readonly at: readonly N[] },
  ): AsyncGenerator<Answer<NamedFeatures<N>>> {
    for await (const { size, feeds, answers } of this.images.batches(images)) {
      const name = JSON.stringify(['features', size, ...at]);
      const program = await this.images.program(name, () => featuresGraph(this.model, at, size));
      const outputs = await program.run(feeds);
      yield* answers((row) => featuresOf(outputs, row) as NamedFeatures<N>);
    }
  }

  /** Each image through an autoencoder and back, [h, w, c]. */
  async *reconstruct(images: readonly string[] | Dataset): AsyncGenerator<Answer<Uint8Array>> {
    this.expect('reconstruct', 'reconstruct images');
    for await (const { data, ...answer } of this.ask('reconstruct', 'pixels', images))
      yield { ...answer, value: data as Uint8Array };
  }

  /** Ends the engine. */
  close(): Promise<void> {
    return this.images.close();
  }

  private expect(task: Model['card']['task'], what: string): void {
    if (this.model.card.task !== task)
      throw new UserError(
        `this model was trained to ${this.model.card.task}; to ${what}, give one made by 'train ${task}'`,
      );
  }

  private async *ask(question: Question, output: string, images: readonly string[] | Dataset) {
    for await (const { size, feeds, answers } of this.images.batches(images)) {
      const program = await this.images.program(`${question} ${size}`, () => questionGraph(question, this.model, size));
      const { [output]: found } = await program.run(feeds, [output]);
      for (const { value: data, ...answer } of answers((i) => sampleOf(found as Rows, i))) yield { ...answer, data };
    }
  }
}

type Rows = { readonly data: Float32Array | Uint8Array; readonly shape: readonly number[] };

/**
 * Opens a trained model by its file or run folder.
 *
 * ```ts
 * const model = await load('runs/flowers');
 * for await (const { image, value } of model.classify(['rose.jpg'])) console.log(image, value[0]);
 * await model.close();
 * ```
 */
export const load = async (path: string, options: OpenModelOptions = {}): Promise<Predictor> =>
  Predictor.open(await readModel(path, { lazy: options.once }), { moveWeights: true, ...options });
