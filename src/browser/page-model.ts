/** A trained model put to use in a page: the questions that `load` of the library asks on Node, of images that a browser decodes. */
import type { Pixels } from '../data/pixels.js';
import { UserError } from '../errors.js';
import { classesOf, generationGraph, latentOf } from '../inference/generation.js';
import { type Point, rowOf, type Space } from '../inference/points.js';
import { type Question, questionGraph } from '../inference/questions.js';
import { float32, type Program, type Runtime, type Tensors } from '../runtime/browser/index.js';
import { prepare } from '../web-folder/page/prepare.js';
import { type Model, modelOf } from '../weights/model.js';
import { decodeSafetensors } from '../weights/safetensors.js';

/** A class and how probable it is. */
export interface ClassScore {
  readonly label: string;
  /** 0 to 1; those of all classes sum to 1. */
  readonly probability: number;
}

/** What a model is opened by: an address that the page may fetch, a file, or its bytes. */
export type ModelSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/** A model on a runtime of the page, which stays its owner's. Each question is compiled when it is first asked, for one image. */
export class PageModel {
  private readonly programs = new Map<string, Promise<Program>>();

  constructor(
    readonly model: Model,
    private readonly runtime: Runtime,
  ) {}

  get card(): Model['card'] {
    return this.model.card;
  }

  /** Classes of an image file, the most probable first; five by default. */
  async classify(image: Blob, { top = 5 } = {}): Promise<readonly ClassScore[]> {
    const data = (await this.ask('classify', image)) as Float32Array;
    const scores = this.card.classes.map((label, i) => ({ label, probability: data[i]! }));
    return scores.sort((a, b) => b.probability - a.probability).slice(0, top);
  }

  /** The vector that the network makes of an image: pooled features, or an autoencoder's latent vector. */
  embed(image: Blob): Promise<Float32Array> {
    return this.ask('embed', image) as Promise<Float32Array>;
  }

  /** An image through an autoencoder and back. */
  async reconstruct(image: Blob): Promise<Pixels> {
    return this.picture(await this.ask('reconstruct', image));
  }

  /** The space of the vectors that the model makes images of. @throws UserError for models that make none */
  get space(): Space {
    const { card, model } = this;
    return { latent: latentOf(model.network, card), classes: card.classes.slice(0, classesOf(card)) };
  }

  /** The image at a point of its space; `randomPoints` draws some. */
  async generate(point: Point): Promise<Pixels> {
    const row = rowOf(point, this.space);
    const feeds = { vectors: float32(row, [1, row.length]) };
    const { pixels } = await this.run('generate', () => generationGraph(this.model, 1), feeds);
    return this.picture(pixels!.data);
  }

  private picture(data: Tensors[string]['data']): Pixels {
    const { size, channels } = this.card.preprocessing;
    return { data: data as Uint8Array, height: size[0], width: size[1], channels };
  }

  private async ask(question: Question, image: Blob): Promise<Tensors[string]['data']> {
    const { task, preprocessing } = this.card;
    if (question !== 'embed' && question !== task)
      throw new UserError(`this model was trained to ${task}, so it cannot ${question} images`);
    const data = await prepare(image, preprocessing);
    const shape = [1, ...preprocessing.size, preprocessing.channels];
    const graph = () => questionGraph(question, this.model, 1);
    const [answer] = Object.values(await this.run(question, graph, { images: { dtype: 'uint8', shape, data } }));
    return answer!.data;
  }

  private async run(name: string, graph: () => ReturnType<typeof questionGraph>, feeds: Tensors): Promise<Tensors> {
    const program = this.programs.get(name) ?? this.runtime.compile(graph(), { weights: this.model.weights });
    this.programs.set(name, program);
    return (await program).run(feeds);
  }
}

/**
 * Opens a model file (`.safetensors`, as runs have it) on a runtime.
 * @throws UserError for files that hold no model, Error for addresses that cannot be fetched
 */
export async function load(source: ModelSource, { runtime }: { readonly runtime: Runtime }): Promise<PageModel> {
  const name = source instanceof File ? source.name : typeof source === 'string' ? source : 'the model';
  return new PageModel(modelOf(decodeSafetensors(await bytesOf(source), { name }), name), runtime);
}

async function bytesOf(source: ModelSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  const answer = await fetch(source);
  if (!answer.ok) throw new Error(`${source} could not be fetched: the server says ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
