import { availableParallelism } from 'node:os';
import { UserError } from '../errors.js';
import { permutation } from '../random/index.js';
import type { Dataset } from './dataset.js';
import { DecodeCache } from './decode-cache.js';
import type { Decoded } from './pixels.js';
import { Pool } from './pool.js';
import { filePath, imageBytes, type RasterSource } from './source.js';
import { type Batch, emptyBatch, type Failure, type Item, type Recipe, type Reply, type Task } from './task.js';

export type { Batch } from './task.js';

/** An image that could not be read. */
export interface Skipped {
  readonly file: string;
  readonly reason: string;
}

/** One epoch's batches, in order; to be iterated once. */
export interface Batches extends AsyncIterable<Batch> {
  /** Batches of the whole epoch, also when starting in its middle; batches of nothing but broken images are left out. */
  readonly length: number;
  /** Images that could not be read so far, each once. */
  readonly skipped: readonly Skipped[];
  /** Ends early: returns when no worker works for it any more. Leaving a `for await` does the same. */
  close(): Promise<void>;
}

export interface EpochOptions extends Recipe {
  /** Samples of a batch. */
  readonly batch: number;
  /** Whether the order is a permutation drawn from seed and epoch, or the dataset's own. */
  readonly shuffle: boolean;
  /** The batch to start at, default 0: the rest of an interrupted epoch is the same as it would have been. */
  readonly from?: number;
  /**
   * Whether every batch is full, for training; default false. Then images that do not fill a last batch are left out,
   * the place of a broken image is taken by those that follow its batch in the epoch's order (which come once more in
   * theirs), and a dataset smaller than a batch is repeated within it. Otherwise the last batch is filled with zeros,
   * and so is any batch with broken images.
   */
  readonly dropLast?: boolean;
  /** Whether a broken image ends everything, default false. */
  readonly strict?: boolean;
}

/** Of decoded images, where nobody says how much: 512 MB. */
export const CACHE_BYTES = 512e6;

export interface LoaderOptions {
  /** Threads that decode, default one less than the processor has, at least 1 and at most 4. Results never depend on it. */
  readonly workers?: number;
  /** Memory for decoded images, so that later epochs need not decode again; default `CACHE_BYTES`. Results never depend on it. */
  readonly cacheBytes?: number;
}

/** Batches being made or waiting, for each worker: one under way and one ahead. */
const PREFETCH = 2;

/** Decodes and augments beside the program: owns the worker threads and the cache that all its epochs share. */
export class Loader {
  readonly workers: number;
  readonly #pool: Pool<Task, Reply>;
  readonly #cache: DecodeCache;
  #waited = 0;

  constructor(options: LoaderOptions = {}) {
    const { workers = Math.min(4, Math.max(1, availableParallelism() - 1)), cacheBytes = CACHE_BYTES } = options;
    this.workers = workers;
    this.#pool = new Pool(new URL('./decode-worker.js', import.meta.url), workers);
    this.#cache = new DecodeCache(cacheBytes);
  }

  /** Seconds that consumers have waited for batches. */
  get waited(): number {
    return this.#waited;
  }

  /**
   * The batches of one epoch. All chance is drawn from (seed, epoch), the number of the image and which of its repeats it is.
   * While iterating it throws a UserError when no image can be read, or with `strict` at the first that cannot.
   */
  epoch(dataset: Dataset, options: EpochOptions): Batches {
    return new Epoch(dataset, options, {
      pool: this.#pool,
      cache: this.#cache,
      // Copying pixels is so fast that one worker outruns any training.
      lanes: dataset.source.kind === 'raster' ? 1 : this.workers,
      onWaited: (seconds) => {
        this.#waited += seconds;
      },
    });
  }

  /** Ends the workers; epochs still under way fail. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** One image of `source`, [h, w, c], without a copy. */
function rasterImage(source: RasterSource, index: number): Decoded {
  const { pixels, height, width, channels } = source;
  const bytes = imageBytes(source);
  const data = pixels.subarray(index * bytes, (index + 1) * bytes);
  return { data, height, width, channels, full: { height, width }, reduction: 1 };
}

interface Means {
  readonly pool: Pool<Task, Reply>;
  readonly cache: DecodeCache;
  readonly lanes: number;
  onWaited(seconds: number): void;
}

interface Filled {
  readonly batch: Batch;
  readonly failures: readonly Failure[];
}

class Epoch implements Batches {
  readonly length: number;
  readonly skipped: Skipped[] = [];
  readonly #dataset: Dataset;
  readonly #options: EpochOptions;
  readonly #means: Means;
  readonly #order: Uint32Array | undefined;
  readonly #broken = new Set<number>();
  readonly #pending: Promise<Filled>[] = [];
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));

  constructor(dataset: Dataset, options: EpochOptions, means: Means) {
    const { batch, shuffle, seed, epoch, dropLast = false } = options;
    if (!(Number.isInteger(batch) && batch > 0))
      throw new UserError(`A batch must have a whole number of samples, at least 1, but ${batch} were asked for.`);
    if (dataset.length === 0) throw new UserError(`${dataset.name} has no images.`);
    const exact = dataset.length / batch;
    this.length = dropLast ? Math.max(1, Math.floor(exact)) : Math.ceil(exact);
    this.#dataset = dataset;
    this.#options = options;
    this.#means = means;
    this.#order = shuffle ? permutation(dataset.length, seed, 'shuffle', epoch) : undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
    let next = this.#options.from ?? 0;
    let samples = 0;
    try {
      while (next < this.length || this.#pending.length > 0) {
        while (next < this.length && this.#pending.length < PREFETCH * this.#means.lanes) this.#request(next++);
        const { batch, failures } = await this.#arrival();
        if (this.#stopped) return;
        this.#report(failures);
        samples += batch.count;
        if (batch.count > 0) yield batch;
        else if (this.#options.dropLast) throw this.#nothing();
      }
      if (samples === 0 && this.skipped.length > 0) throw this.#nothing();
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    Atomics.store(this.#stop, 0, 1);
    await Promise.allSettled(this.#pending);
  }

  get #stopped(): boolean {
    return Atomics.load(this.#stop, 0) !== 0;
  }

  #request(number: number): void {
    const filled = this.#fill(number);
    filled.catch(() => {}); // reported when its turn comes; until then it is no unhandled rejection
    this.#pending.push(filled);
  }

  async #arrival(): Promise<Filled> {
    const started = performance.now();
    try {
      return await (this.#pending[0] as Promise<Filled>);
    } finally {
      this.#pending.shift();
      this.#means.onWaited((performance.now() - started) / 1000);
    }
  }

  /** Has batch `number` made, asking again for its free places while broken images leave some and others may fill them. */
  async #fill(number: number): Promise<Filled> {
    const { batch: size, preprocessing, dropLast = false } = this.#options;
    const { length } = this.#dataset;
    const failures: Failure[] = [];
    let batch = emptyBatch(size, preprocessing);
    let position = number * size;
    const end = dropLast ? Number.POSITIVE_INFINITY : Math.min(length, position + size);
    const hopeless = position + length; // everything was tried once
    while (batch.count < size && position < end && !this.#stopped && (batch.count > 0 || position < hopeless)) {
      const count = Math.min(size - batch.count, end - position);
      const reply = await this.#ask(batch, position, count);
      position += count;
      batch = reply.batch;
      failures.push(...reply.failures);
    }
    return { batch, failures };
  }

  async #ask(batch: Batch, position: number, count: number): Promise<Reply> {
    const { pool, cache, lanes } = this.#means;
    const { preprocessing, augmentation, seed, epoch } = this.#options;
    const items = Array.from({ length: count }, (_, offset) => this.#item(position + offset));
    const recipe = { preprocessing, ...(augmentation && { augmentation }), seed, epoch };
    const { source } = this.#dataset;
    const keep = source.kind === 'files' && cache.hasRoom;
    const transfer = [batch.images.buffer, batch.labels.buffer, batch.indices.buffer] as ArrayBuffer[];
    const reply = await pool.call({ items, batch, recipe, keep, stop: this.#stop }, { transfer, lanes });
    for (const { index, image } of reply.decoded) cache.add(source, index, image);
    return reply;
  }

  /** What is at `position` of the epoch's order, which begins anew after its end. */
  #item(position: number): Item {
    const { repeats = 1 } = this.#options.augmentation ?? {};
    const at = position % this.#dataset.length;
    const turn = Math.floor(at / repeats);
    const index = this.#order?.[turn] ?? turn;
    const item = { index, label: this.#dataset.label(index), repeat: at % repeats };
    const { source } = this.#dataset;
    if (source.kind === 'raster') return { ...item, image: rasterImage(source, index) };
    const image = this.#means.cache.get(source, index, this.#options.preprocessing.channels);
    return { ...item, file: filePath(source, index), ...(image && { image }) };
  }

  #report(failures: readonly Failure[]): void {
    for (const { index, reason } of failures) {
      const file = this.#dataset.describe(index);
      if (this.#options.strict)
        throw new UserError(`${file}: ${reason}. Mend or remove it, or leave out strict to skip broken images.`);
      if (this.#broken.has(index)) continue;
      this.#broken.add(index);
      this.skipped.push({ file, reason });
    }
  }

  #nothing(): UserError {
    const { file, reason } = this.skipped[0] as Skipped;
    return new UserError(
      `None of the ${this.skipped.length} images of ${this.#dataset.name} could be read; the first: ${file}: ${reason}.`,
    );
  }
}
