/** A model as the server asks it: every question batched, all through one queue and one engine. */

import { generationGraph } from '../inference/generation.js';
import { gradCamGraph } from '../inference/grad-cam.js';
import { stagesOfImages } from '../inference/layers.js';
import { type Point, rowOf, type Space } from '../inference/points.js';
import { questionGraph } from '../inference/questions.js';
import { latentLength } from '../models/index.js';
import type { ComputeOptions } from '../runtime/index.js';
import type { Model, ModelCard } from '../weights/index.js';
import { type BatchOptions, BatchQueue, batchSizes, type Ran } from './batch-queue.js';
import { Engine, type ProgramLane, type Row } from './engine.js';

export type Verb = 'classify' | 'embed' | 'explain' | 'reconstruct' | 'generate';

export interface ServedOptions extends ComputeOptions {
  readonly batch: BatchOptions;
  readonly observe?: ((ran: Ran) => void) | undefined;
}

type Answered = Uint8Array | Float32Array;

export class ServedModel {
  private readonly lanes = new Map<string, ProgramLane<Answered>>();
  private readonly engine: Engine;
  private readonly queue: BatchQueue;
  readonly card: ModelCard;
  /** What it can be asked about images and vectors. */
  readonly verbs: readonly Verb[];
  /** Of the vectors that it makes images of. */
  readonly space: Space | undefined;
  /** How many stages can be explained. */
  readonly stages: number;

  private constructor(
    private readonly model: Model,
    { batch, observe, ...compute }: ServedOptions,
  ) {
    this.card = model.card;
    this.engine = new Engine(model.weights, { ...compute, sizes: batchSizes(batch.max) });
    this.queue = new BatchQueue(batch, observe);
    this.space = spaceOf(model);
    const seesImages = model.network.input.length === 3;
    this.stages = model.card.task === 'classify' ? stagesOfImages(model).length : 0;
    const explains = this.stages > 0;
    this.verbs = [
      model.card.task,
      ...(seesImages ? (['embed'] as const) : []),
      ...(explains ? (['explain'] as const) : []),
    ];
  }

  /** Opens it, and compiles what its task needs. The memory of its weights goes over. */
  static async open(model: Model, options: ServedOptions): Promise<ServedModel> {
    const served = new ServedModel(model, options);
    try {
      await served.main.warm();
      return served;
    } catch (error) {
      await served.close();
      throw error;
    }
  }

  /** What the model was trained for: what the inference protocol asks. */
  get main(): ProgramLane<Answered> {
    return this.lane(this.card.task);
  }

  /** Rows that wait. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Lets images in before they are decoded. @returns to be called when they are, or never will be @throws HttpError 413, 503 */
  announce(images: number): () => void {
    return this.queue.announce(images);
  }

  /** What the model's task makes of rows. */
  infer(rows: readonly Row[], signal: AbortSignal): Promise<Answered[]> {
    return this.queue.submit(this.main, rows, signal);
  }

  /** Of prepared pixels [h, w, c] each, that were announced: probabilities [k], vectors [d], or pixels [h, w, c]. */
  ask(verb: 'classify' | 'embed' | 'reconstruct', images: readonly Uint8Array[], signal: AbortSignal) {
    const rows = images.map((image): Row => ({ images: image }));
    return this.queue.submit(this.lane(verb), rows, signal, true);
  }

  /**
   * Grad-CAM [h', w'] of the class that is meant for each image.
   * @param stage from 1 to `stages`; the last by default
   */
  async explain(
    images: readonly { readonly pixels: Uint8Array; readonly class: number }[],
    { stage = this.stages }: { readonly stage?: number | undefined },
    signal: AbortSignal,
  ): Promise<{ readonly shape: readonly number[]; readonly data: Float32Array }[]> {
    const lane = this.lane(`explain stage ${stage}`, (batch) => gradCamGraph(this.model, { stage }, batch));
    const rows = images.map(({ pixels, class: number }): Row => {
      const wanted = new Float32Array(this.card.classes.length);
      wanted[number] = 1;
      return { images: pixels, wanted };
    });
    const maps = await this.queue.submit(lane, rows, signal, true);
    return maps.map((data) => ({ shape: lane.output.shape, data: data as Float32Array }));
  }

  /** The image [h, w, c] at each point of its space. */
  generate(points: readonly Point[], signal: AbortSignal): Promise<Uint8Array[]> {
    const rows = points.map((point): Row => ({ vectors: rowOf(point, this.space!) }));
    return this.queue.submit(this.lane('generate'), rows, signal) as Promise<Uint8Array[]>;
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  private lane(name: string, graph = (batch: number) => this.graph(name as Verb, batch)): ProgramLane<Answered> {
    const known = this.lanes.get(name) ?? this.engine.lane<Answered>(name, graph);
    this.lanes.set(name, known);
    return known;
  }

  private graph(verb: Verb, batch: number) {
    if (verb === 'generate') return generationGraph(this.model, batch);
    return questionGraph(verb as 'classify' | 'embed' | 'reconstruct', this.model, batch);
  }
}

function spaceOf({ card, network }: Model): Space | undefined {
  if (card.task !== 'generate') return undefined;
  const latent = latentLength(network.config, card.classes.length);
  return latent === undefined ? undefined : { latent, classes: card.classes };
}
