/** A model that makes images of vectors, put to use in a page. */
import type { Pixels } from '../data/pixels.js';
import { classesOf, generationGraph, latentOf } from '../inference/generation.js';
import { type Point, rowOf, type Space } from '../inference/points.js';
import { float32, type Program, type Runtime } from '../runtime/browser/index.js';
import type { Model } from '../weights/model.js';
import { fetchModel, type ModelSource } from './model-source.js';

/** A decoder on a runtime of the page, which stays its owner's; it is compiled when the first image is asked for. */
export class PageGenerator implements Space {
  readonly latent: number;
  readonly classes: readonly string[];
  private program: Promise<Program> | undefined;

  /** @throws UserError for models that make no images of vectors */
  constructor(
    readonly model: Model,
    private readonly runtime: Runtime,
  ) {
    this.latent = latentOf(model.network, model.card);
    this.classes = model.card.classes.slice(0, classesOf(model.card));
  }

  /** The image at a point; `randomPoints` draws some. @throws UserError for points that lack a class, or of another length */
  async decode(point: Point): Promise<Pixels> {
    const row = rowOf(point, this);
    const { network, weights, card } = this.model;
    this.program ??= this.runtime.compile(generationGraph({ network }, 1), { weights });
    const { pixels } = await (await this.program).run({ vectors: float32(row, [1, row.length]) });
    const { size, channels } = card.preprocessing;
    return { data: pixels!.data as Uint8Array, height: size[0], width: size[1], channels };
  }
}

/** Opens a model file on a runtime, to make images. @throws UserError, Error as `fetchModel`, and for models that make none */
export const loadGenerator = async (
  source: ModelSource,
  { runtime }: { readonly runtime: Runtime },
): Promise<PageGenerator> => new PageGenerator(await fetchModel(source), runtime);
