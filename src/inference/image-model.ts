/** A model on a device, fed with images: what everything that is asked about images has in common. */
import { type Batch, Loader, type Skipped } from '../data/batches.js';
import { type Dataset, openImages } from '../data/dataset.js';
import type { Epochs } from '../data/epoch.js';
import type { Graph } from '../graph/index.js';
import {
  type CompileOptions,
  type ComputeOptions,
  type NodeRuntimeOptions,
  openRuntime,
  type Program,
  type Runtime,
  type Tensors,
} from '../runtime/index.js';
import type { Model } from '../weights/index.js';
import { sampleOf } from './seen.js';

/** Where a model computes, and on how many images at once. */
export interface OpenModelOptions extends ComputeOptions, Pick<NodeRuntimeOptions, 'ownThread'> {
  /** Images that go through the network at once. 16 by default. */
  readonly batch?: number;
  /** Whether the memory of the weights may go over to the runtime, which empties the model's arrays. Default false. */
  readonly moveWeights?: boolean;
  /**
   * Whether it is asked but one question. About a few images the answer then comes sooner, since nothing is prepared for more, and the calling thread
   * stands still meanwhile. Default false.
   */
  readonly once?: boolean;
}

/** Up to so many images are through a network sooner than its weights are laid out. */
const FEW = 4;

/** Decodes in this thread: another takes longer to start than a few images to decode. */
async function localLoader(): Promise<Epochs> {
  const [{ LocalLoader }, { decodeImage }] = await Promise.all([
    import('../data/local-loader.js'),
    import('../data/decode.js'),
  ]);
  return new LocalLoader(decodeImage);
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

/** A batch as programs take it: `feeds` for programs of `size` images, of which the first are asked about. */
export interface FedBatch {
  readonly size: number;
  readonly feeds: Tensors;
  /** Every image that was read, with what `of` knows of it by its row in the batch. */
  answers<T>(of: (row: number) => T): Generator<Answer<T>>;
}

/** Owns the runtime, the threads that decode, and the programs compiled so far. `close` it to let the program end at once. */
export class ImageModel {
  private readonly programs = new Map<string, Promise<Program>>();
  private readonly broken: Skipped[] = [];
  private fewRuns = false;
  private opened: Runtime | undefined;

  private constructor(
    readonly model: Model,
    private readonly loader: Loader,
    private readonly options: OpenModelOptions & Required<Pick<OpenModelOptions, 'batch' | 'once'>>,
  ) {
    if (!options.once) this.runtime();
  }

  static open(model: Model, { batch = 16, once = false, ...options }: OpenModelOptions = {}): ImageModel {
    return new ImageModel(model, new Loader(once ? { cacheBytes: 0 } : {}), { batch, once, ...options });
  }

  /** Images that could not be read so far. */
  get skipped(): readonly Skipped[] {
    return this.broken;
  }

  /** The program of a graph, which is made and compiled when its name is first met. */
  program(name: string, graph: () => Graph): Promise<Program> {
    const known = this.programs.get(name);
    if (known) return known;
    const { moveWeights = false } = this.options;
    const options = { weights: this.model.weights, moveWeights, fewRuns: this.fewRuns };
    const program = this.compiled(graph(), options);
    this.programs.set(name, program);
    return program;
  }

  private async compiled(graph: Graph, options: CompileOptions): Promise<Program> {
    const program = await this.runtime().compile(graph, options);
    await this.model.expectSame?.(); // the engine has opened its file by name
    return program;
  }

  /** The images in their order. @param images files or folders, or a data set */
  async *batches(images: readonly string[] | Dataset): AsyncGenerator<FedBatch> {
    const dataset = 'source' in images ? images : await openImages(images);
    const { preprocessing } = this.model.card;
    this.fewRuns = this.options.once && dataset.length <= FEW;
    const batch = this.batchFor(dataset.length);
    const loader = this.fewRuns && dataset.source.kind === 'files' ? await localLoader() : this.loader;
    const batches = loader.epoch(dataset, { batch, preprocessing, shuffle: false, seed: 0, epoch: 0 });
    for await (const one of batches) yield this.fed(one, dataset);
    this.broken.push(...batches.skipped);
  }

  async close(): Promise<void> {
    await this.loader.close();
    await this.opened?.close();
  }

  /** Opened when it is known whether a thread of its own would take longer to start than the images to compute. */
  private runtime(): Runtime {
    const { device, threads, memory, precision, ownThread = !this.fewRuns } = this.options;
    this.opened ??= openRuntime({ device, threads, memory, precision, ownThread });
    return this.opened;
  }

  private fed({ images: data, indices, labels, count }: Batch, dataset: Dataset): FedBatch {
    const { size, channels } = this.model.card.preprocessing;
    const images = { dtype: 'uint8', shape: [labels.length, ...size, channels], data } as const;
    return {
      size: labels.length,
      feeds: { images },
      *answers(of) {
        for (let i = 0; i < count; i++) {
          const index = indices[i]!;
          yield { image: dataset.describe(index), index, seen: sampleOf(images, i), value: of(i) };
        }
      },
    };
  }

  /** Programs have a fixed batch, so sizes are few: powers of two, up to the one that was asked for. */
  private batchFor(images: number): number {
    return Math.min(this.options.batch, 2 ** Math.ceil(Math.log2(Math.max(images, 1))));
  }
}
