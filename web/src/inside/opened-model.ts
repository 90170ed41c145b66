/** A model that answers in this page. */
import type { Pixels } from '../../../src/data/pixels.js';
import type { Graph } from '../../../src/graph/index.js';
import {
  classesOf,
  decoderStages,
  generationGraph,
  latentOf,
  partialGraph,
} from '../../../src/inference/generation.js';
import { gradCamGraph } from '../../../src/inference/grad-cam.js';
import {
  type Features,
  featuresGraph,
  featuresOf,
  type NamedFeatures,
  stagesOfImages,
} from '../../../src/inference/layers.js';
import { type Point, rowOf, type Space } from '../../../src/inference/points.js';
import { questionGraph } from '../../../src/inference/questions.js';
import {
  type BrowserDevice,
  float32,
  type Program,
  type Runtime,
  type Tensors,
} from '../../../src/runtime/browser/index.js';
import type { Model } from '../../../src/weights/model.js';
import { runtimeOn } from '../devices.js';

export interface ClassScore {
  readonly label: string;
  /** Its number among the outputs. */
  readonly number: number;
  readonly probability: number;
}

/** Each graph is compiled when it is first asked for. `close` it to end its worker. */
export class OpenedModel {
  private readonly programs = new Map<string, Promise<Program>>();
  private readonly runtime: Runtime;

  constructor(
    readonly name: string,
    readonly model: Model,
    readonly device: BrowserDevice,
  ) {
    this.runtime = runtimeOn(device);
  }

  get card(): Model['card'] {
    return this.model.card;
  }

  get threads(): number {
    return this.runtime.threads;
  }

  /** Names of the ends of stages, for images; none for a model that takes none. */
  get stages(): readonly string[] {
    return this.takesImages ? stagesOfImages(this.model) : [];
  }

  /** Generators are asked with vectors only. */
  get takesImages(): boolean {
    return this.card.task !== 'generate';
  }

  /** The space of its vectors; nothing where no image is made of one. */
  get space(): Space | undefined {
    if (!this.model.network.decode) return undefined;
    return {
      latent: latentOf(this.model.network, this.card),
      classes: this.card.classes.slice(0, classesOf(this.card)),
    };
  }

  /** Classes of an image, the most probable first. */
  async classify(image: Pixels): Promise<readonly ClassScore[]> {
    const { probabilities } = await this.ask('classify', () => questionGraph('classify', this.model, 1), fed(image));
    const all = probabilities!.data as Float32Array;
    return this.card.classes
      .map((label, number) => ({ label, number, probability: all[number]! }))
      .sort((a, b) => b.probability - a.probability);
  }

  /** Grad-CAM of a class, by its number, at a stage from 1: [h', w']. */
  async classMap(
    image: Pixels,
    { number, stage }: { readonly number: number; readonly stage: number },
  ): Promise<Features> {
    const wanted = float32(new Float32Array(this.card.classes.length), [1, this.card.classes.length]);
    wanted.data[number] = 1;
    const graph = () => gradCamGraph(this.model, { stage }, 1);
    return firstOf(await this.ask(`grad-cam ${stage}`, graph, { ...fed(image), wanted })).map!;
  }

  /** Maps at the ends of all stages, by name; none of a network that does not say where they end. */
  async maps(image: Pixels): Promise<NamedFeatures> {
    if (this.stages.length === 0) return {};
    const graph = () => featuresGraph(this.model, this.stages, 1);
    return firstOf(await this.ask('maps', graph, fed(image)));
  }

  /** Through an autoencoder and back. */
  async reconstruct(image: Pixels): Promise<Pixels> {
    const { pixels } = await this.ask('reconstruct', () => questionGraph('reconstruct', this.model, 1), fed(image));
    return { ...image, data: pixels!.data as Uint8Array };
  }

  /** Where in its space of vectors an image lies. */
  async embed(image: Pixels): Promise<Float32Array> {
    const { vectors } = await this.ask('embed', () => questionGraph('embed', this.model, 1), fed(image));
    return vectors!.data as Float32Array;
  }

  /** The image at a point. */
  async decode(point: Point): Promise<Pixels> {
    const { pixels } = await this.ask('decode', () => generationGraph(this.model, 1), this.vectors(point));
    const { size, channels } = this.card.preprocessing;
    return { data: pixels!.data as Uint8Array, height: size[0], width: size[1], channels };
  }

  /** What the stages of the decoder make of a point, by name. */
  async decoderMaps(point: Point): Promise<NamedFeatures> {
    const graph = () => partialGraph(this.model, decoderStages(this.model.network), 1);
    return firstOf(await this.ask('decoder maps', graph, this.vectors(point)));
  }

  /** Resolves when the engine is there. @throws Error where it could not be fetched or started */
  ready(): Promise<void> {
    return this.runtime.write({});
  }

  close(): Promise<void> {
    return this.runtime.close();
  }

  private vectors(point: Point): Tensors {
    const row = rowOf(point, this.space!);
    return { vectors: float32(row, [1, row.length]) };
  }

  private async ask(name: string, graph: () => Graph, feeds: Tensors): Promise<Tensors> {
    const known = this.programs.get(name) ?? this.runtime.compile(graph(), { weights: this.model.weights });
    this.programs.set(name, known);
    return (await known).run(feeds);
  }
}

const fed = ({ data, height, width, channels }: Pixels): Tensors => ({
  images: { dtype: 'uint8', shape: [1, height, width, channels], data },
});

/** Of a batch of one. */
const firstOf = (outputs: Tensors): NamedFeatures => featuresOf(outputs, 0);
