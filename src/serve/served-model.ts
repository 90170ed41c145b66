/** A model as the server asks it: every question batched, all through one queue and one engine. */

import type { Graph } from '../graph/index.js';
import { generationGraph } from '../inference/generation.js';
import { type Features, stagesOfImages } from '../inference/layers.js';
import { type Point, rowOf, type Space } from '../inference/points.js';
import { questionGraph } from '../inference/questions.js';
import { latentLength } from '../models/index.js';
import type { ComputeOptions } from '../runtime/index.js';
import type { Model, ModelCard } from '../weights/index.js';
import { type BatchOptions, BatchQueue, batchSizes, type Place, type Ran } from './batch-queue.js';
import { Engine, type ProgramLane, type Row } from './engine.js';
import { type Explained, explanations, type Method } from './explanations.js';

export type Verb = 'classify' | 'embed' | 'explain' | 'reconstruct' | 'generate';

export interface ServedOptions extends ComputeOptions {
  readonly batch: BatchOptions;
  readonly observe?: ((ran: Ran) => void) | undefined;
}

/** What images that were let in are asked with. */
export interface Turn {
  readonly place: Place;
  readonly signal: AbortSignal;
}

type Answered = Uint8Array | Float32Array;

export class ServedModel {
  private readonly lanes = new Map<string, ProgramLane<Answered>>();
  private readonly engine: Engine;
  private readonly queue: BatchQueue;
  private readonly batch: number;
  readonly card: ModelCard;
  /** What it can be asked about images and vectors. */
  readonly verbs: readonly Verb[];
  /** Of the vectors that it makes images of. */
  readonly space: Space | undefined;
  /** Names of the stages that images go through. */
  readonly stages: readonly string[];
  /** How it can be explained, the usual way first. */
  readonly methods: readonly Method[];

  private constructor(
    private readonly model: Model,
    { batch, observe, ...compute }: ServedOptions,
  ) {
    this.card = model.card;
    this.batch = batch.max;
    this.engine = new Engine(model.weights, { ...compute, sizes: batchSizes(batch.max) });
    this.queue = new BatchQueue(batch, observe);
    this.space = spaceOf(model);
    const seesImages = model.network.input.length === 3;
    this.stages = seesImages ? stagesOfImages(model) : [];
    const methods = seesImages ? (Object.keys(explanations) as Method[]) : [];
    this.methods = methods.filter((name) => explanations[name].suits(model, this.stages));
    this.verbs = [
      model.card.task,
      ...(seesImages ? (['embed'] as const) : []),
      ...(this.methods.length > 0 ? (['explain'] as const) : []),
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

  /** Before a body is read. @throws HttpError 503 where what is in it would be refused */
  check(): void {
    this.queue.check();
  }

  /** Lets images in before they are decoded. @throws HttpError 413, 503 */
  announce(images: number): Place {
    return this.queue.announce(images);
  }

  /** What the model's task makes of rows. */
  infer(rows: readonly Row[], signal: AbortSignal): Promise<Answered[]> {
    return this.queue.submit(this.main, rows, signal);
  }

  /** Of prepared pixels [h, w, c] each, that were announced: probabilities [k], vectors [d], or pixels [h, w, c]. */
  ask(verb: 'classify' | 'embed' | 'reconstruct', images: readonly Uint8Array[], { place, signal }: Turn) {
    const rows = images.map((image): Row => ({ images: image }));
    return this.queue.submit(this.lane(verb), rows, signal, place);
  }

  /** What a way finds in each image: maps [h', w'] of a class, [c, h, w] of pixels, or [c, h', w'] of a stage. */
  explain(method: Method, asked: Explained, turn: Turn): Promise<Features[]> {
    const { model, stages } = this;
    const run = async (
      name: string,
      graph: (batch: number) => Graph,
      rows: readonly Row[],
      { place, signal }: Turn,
    ): Promise<Features[]> => {
      const lane = this.lane(name, graph);
      const found = await this.queue.submit(lane, rows, signal, place);
      return found.map((data) => ({ shape: lane.output.shape, data: data as Float32Array }));
    };
    return explanations[method].explain({ model, stages, batch: this.batch, run }, asked, turn);
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
