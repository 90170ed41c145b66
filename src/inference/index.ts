/** A trained model put to use: classes, vectors and images out of images. */
import { type Batch, Loader, type Skipped } from '../data/batches.js';
import { type Dataset, openImages } from '../data/dataset.js';
import { UserError } from '../errors.js';
import { clip, type Graph, input, softmax, type Value } from '../graph/index.js';
import { Build, normalise, pixelsOf, unit } from '../nn/index.js';
import { type Device, openRuntime, type Program, type Runtime, type Tensors } from '../runtime/index.js';
import { type Model, readModel } from '../weights/index.js';

export interface OpenModelOptions {
  readonly device?: Device;
  /** Threads of the engine; every core by default. */
  readonly threads?: number;
  /** Images that go through the network at once. 16 by default. */
  readonly batch?: number;
  /** Whether the memory of the weights may go over to the predictor, which empties the model's arrays. Default false. */
  readonly moveWeights?: boolean;
}

/** What a question is about: its graph depends on no weights. */
interface Asked {
  readonly network: Model['network'];
  readonly card: Pick<Model['card'], 'preprocessing'>;
}

/** What can be asked of a model: from its normalised input [n, c, h, w] to the graph's outputs. */
const questions = {
  /** Probabilities [n, k]. */
  classify: ({ network }: Asked, x: Value) => ({ probabilities: softmax(network.forward(x, new Build()), 1) }),
  /** Feature or latent vectors [n, d]. */
  embed: ({ network }: Asked, x: Value) => ({ vectors: network.embed(x, new Build()) }),
  /** Pixels [n, h, w, c]. */
  reconstruct: ({ network }: Asked, x: Value) => ({ pixels: pixelsOf(clip(network.forward(x, new Build()), 0, 1)) }),
} as const;
type Question = keyof typeof questions;

/** The graph of a question for pixels: uint8 [n, h, w, c] fed as `images`. */
export function questionGraph(question: Question, model: Asked, batch: number | string): Graph {
  const { preprocessing } = model.card;
  const images = input('images', [batch, ...preprocessing.size, preprocessing.channels], 'uint8');
  return {
    name: `${model.network.name} ${question}`,
    outputs: questions[question](model, normalise(unit(images), preprocessing)),
  };
}

/** The result for one image. */
export interface Answer<T> {
  /** What the image is called. */
  readonly image: string;
  /** Its number in the data set. */
  readonly index: number;
  /** Prepared pixels that the network saw, [h, w, c]. */
  readonly seen: Uint8Array;
  readonly value: T;
}

export interface ClassScore {
  readonly label: string;
  readonly probability: number;
}

/** A model on a device. `close` it to let the program end at once. */
export class Predictor {
  /** By question and batch size. */
  private readonly programs = new Map<string, Promise<Program>>();
  private readonly broken: Skipped[] = [];

  private constructor(
    private readonly given: Model,
    private readonly runtime: Runtime,
    private readonly loader: Loader,
    private readonly options: { readonly batch: number; readonly moveWeights: boolean },
  ) {}

  static open(
    model: Model,
    { device = 'cpu', threads, batch = 16, moveWeights = false }: OpenModelOptions = {},
  ): Predictor {
    const runtime = openRuntime({ device, ...(threads && { threads }) });
    return new Predictor(model, runtime, new Loader(), { batch, moveWeights });
  }

  /** What the model is; its weights may have moved. */
  get model(): Pick<Model, 'card' | 'network'> {
    return this.given;
  }

  /** Images that could not be read so far. */
  get skipped(): readonly Skipped[] {
    return this.broken;
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

  /** Each image through an autoencoder and back, [h, w, c]. */
  async *reconstruct(images: readonly string[] | Dataset): AsyncGenerator<Answer<Uint8Array>> {
    this.expect('reconstruct', 'reconstruct images');
    for await (const { data, ...answer } of this.ask('reconstruct', 'pixels', images))
      yield { ...answer, value: data as Uint8Array };
  }

  async close(): Promise<void> {
    await this.loader.close();
    await this.runtime.close();
  }

  private expect(task: Model['card']['task'], what: string): void {
    if (this.model.card.task !== task)
      throw new UserError(
        `this model was trained to ${this.model.card.task}; to ${what}, give one made by 'train ${task}'`,
      );
  }

  private async *ask(question: Question, output: string, images: readonly string[] | Dataset) {
    const dataset = 'source' in images ? images : await openImages(images);
    const batch = this.batchFor(dataset.length);
    const program = await this.program(question, batch);
    const { preprocessing } = this.model.card;
    const batches = this.loader.epoch(dataset, {
      batch,
      preprocessing,
      shuffle: false,
      seed: 0,
      epoch: 0,
    });
    for await (const batch of batches) {
      const outputs = await program.run(this.feeds(batch), [output]);
      yield* rows(batch, outputs[output]!, dataset);
    }
    this.broken.push(...batches.skipped);
  }

  private feeds({ images, labels }: Batch): Tensors {
    const { size, channels } = this.model.card.preprocessing;
    return { images: { dtype: 'uint8', shape: [labels.length, ...size, channels], data: images } };
  }

  /** Programs have a fixed batch, so sizes are few: powers of two, up to the one that was asked for. */
  private batchFor(images: number): number {
    return Math.min(this.options.batch, 2 ** Math.ceil(Math.log2(Math.max(images, 1))));
  }

  private program(question: Question, batch: number): Promise<Program> {
    const key = `${question} ${batch}`;
    const known = this.programs.get(key);
    if (known) return known;
    const { moveWeights } = this.options;
    const graph = questionGraph(question, this.given, batch);
    const program = this.runtime.compile(graph, { weights: this.given.weights, moveWeights });
    this.programs.set(key, program);
    return program;
  }
}

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
  Predictor.open(await readModel(path), { moveWeights: true, ...options });

/** The valid rows of an output, each with the image it belongs to. */
function* rows({ images, indices, labels, count }: Batch, output: Tensors[string], dataset: Dataset) {
  const share = <A extends { subarray(from: number, to: number): A; readonly length: number }>(
    array: A,
    i: number,
  ): A => {
    const size = array.length / labels.length;
    return array.subarray(i * size, (i + 1) * size);
  };
  for (let i = 0; i < count; i++)
    yield {
      image: dataset.describe(indices[i]!),
      index: indices[i]!,
      seen: share(images, i),
      data: share(output.data as Float32Array | Uint8Array as Float32Array, i) as Float32Array | Uint8Array,
    };
}
