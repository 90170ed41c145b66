/** A model that makes images of vectors, put to use. */
import type { Graph } from '../graph/index.js';
import { float32, openRuntime, type Program, type Runtime, type TensorOf } from '../runtime/index.js';
import type { Model } from '../weights/index.js';
import { classesOf, generationGraph, latentOf, partialGraph } from './generation.js';
import type { OpenModelOptions } from './image-model.js';
import { featuresOf, type NamedFeatures } from './layers.js';
import { type Point, rowOf } from './points.js';
import { sampleOf } from './seen.js';

/** A decoder on a device. `close` it to let the program end at once. */
export class Generator {
  private readonly programs = new Map<string, Promise<Program>>();

  private constructor(
    private readonly model: Model,
    private readonly runtime: Runtime,
    private readonly batch: number,
    /** Length of its vectors. */
    readonly latent: number,
  ) {}

  /** @throws UserError for models that make no images of vectors */
  static open(model: Model, { batch = 16, device, threads, memory, precision }: OpenModelOptions = {}): Generator {
    const latent = latentOf(model.network, model.card);
    return new Generator(model, openRuntime({ device, threads, memory, precision }), batch, latent);
  }

  /** Names of the classes of which it makes images; none where it knows no classes. */
  get classes(): readonly string[] {
    return this.model.card.classes.slice(0, classesOf(this.model.card));
  }

  /** The image at each point, [h, w, c]. @throws UserError for points that lack a class, or of another length */
  async decode(points: readonly Point[]): Promise<Uint8Array[]> {
    const images: Uint8Array[] = [];
    for await (const { outputs, row } of this.run(points, 'pixels', () => generationGraph(this.model, this.batch)))
      images.push(sampleOf(outputs.pixels as TensorOf<'uint8'>, row).slice());
    return images;
  }

  /**
   * What layers of the decoder make of each point, by their names: `stage1` for the maps after its first stage.
   * @throws UserError as `decode`, and for names that the decoder does not have
   */
  async features<const N extends string>(
    points: readonly Point[],
    { at }: { readonly at: readonly N[] },
  ): Promise<NamedFeatures<N>[]> {
    const made: NamedFeatures<N>[] = [];
    const graph = () => partialGraph(this.model, at, this.batch);
    for await (const { outputs, row } of this.run(points, `features ${JSON.stringify(at)}`, graph))
      made.push(featuresOf(outputs, row) as NamedFeatures<N>);
    return made;
  }

  /** The outputs of a graph of vectors for each point, and which of their rows is its own. */
  private async *run(points: readonly Point[], name: string, graph: () => Graph) {
    const { latent, batch } = this;
    const length = latent + this.classes.length;
    const known = this.programs.get(name) ?? this.runtime.compile(graph(), { weights: this.model.weights });
    this.programs.set(name, known);
    const program = await known;
    for (let from = 0; from < points.length; from += batch) {
      const rows = new Float32Array(batch * length);
      const some = points.slice(from, from + batch);
      for (const [i, point] of some.entries()) rows.set(rowOf(point, this), i * length);
      const outputs = await program.run({ vectors: float32(rows, [batch, length]) });
      for (const row of some.keys()) yield { outputs, row };
    }
  }

  /** Ends the engine. */
  async close(): Promise<void> {
    await this.runtime.close();
  }
}
