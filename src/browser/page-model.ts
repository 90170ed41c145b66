/** A trained model put to use in a page: the questions that `load` of the library asks on Node, of images that a browser decodes. */
import type { Pixels } from '../data/pixels.js';
import { UserError } from '../errors.js';
import { type Question, questionGraph } from '../inference/questions.js';
import type { Program, Runtime, Tensor } from '../runtime/browser/index.js';
import { prepare } from '../web-folder/page/prepare.js';
import type { Model } from '../weights/model.js';
import { fetchModel, type ModelSource } from './model-source.js';

/** A class and how probable it is. */
export interface ClassScore {
  readonly label: string;
  /** 0 to 1; those of all classes sum to 1. */
  readonly probability: number;
}

/** A model on a runtime of the page, which stays its owner's. Each question is compiled when it is first asked, for one image. */
export class PageModel {
  private readonly programs = new Map<Question, Promise<Program>>();

  constructor(
    readonly model: Model,
    private readonly runtime: Runtime,
  ) {}

  /** What the model is for, and how images are prepared for it. */
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
    const data = (await this.ask('reconstruct', image)) as Uint8Array;
    const { size, channels } = this.card.preprocessing;
    return { data, height: size[0], width: size[1], channels };
  }

  private async ask(question: Question, image: Blob): Promise<Tensor['data']> {
    const { task, preprocessing } = this.card;
    if (question !== 'embed' && question !== task)
      throw new UserError(`this model was trained to ${task}, so it cannot ${question} images`);
    const data = await prepare(image, preprocessing);
    const shape = [1, ...preprocessing.size, preprocessing.channels];
    const { model, programs } = this;
    const program =
      programs.get(question) ?? this.runtime.compile(questionGraph(question, model, 1), { weights: model.weights });
    programs.set(question, program);
    const [answer] = Object.values(await (await program).run({ images: { dtype: 'uint8', shape, data } }));
    return answer!.data;
  }
}

/** Opens a model file on a runtime, to be asked about images. @throws UserError, Error as `fetchModel` */
export const load = async (source: ModelSource, { runtime }: { readonly runtime: Runtime }): Promise<PageModel> =>
  new PageModel(await fetchModel(source), runtime);
