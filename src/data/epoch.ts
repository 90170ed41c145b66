/** An epoch: which images come when, and what takes the place of those that cannot be read. */
import { UserError } from '../errors.js';
import type { Dataset } from './numbered.js';
import { orderOf } from './order.js';
import type { Decoded } from './pixels.js';
import { sharedBytes } from './shared-bytes.js';
import { filePath, imageBytes, type Piece, pieceOf, type RasterSource } from './source.js';
import { type Batch, emptyBatch, type Failure, type Item, type Recipe, type Task } from './task.js';

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

/** How the images of an epoch come: in what batches, order and form. */
export interface EpochOptions extends Recipe {
  /** Samples of a batch. */
  readonly batch: number;
  /** Whether the order is a permutation drawn from seed and epoch, or the dataset's own. */
  readonly shuffle: boolean;
  /** Of shards: images among which one is drawn, as `orderOf` says. */
  readonly shuffleBuffer?: number | undefined;
  /**
   * Which part of every batch this process takes, of how many that work on the epoch together; default all of it. `batch` is then that of
   * this process, and their batches one after the other are what one process would take at once.
   */
  readonly share?: { readonly rank: number; readonly size: number };
  /** The batch to start at, default 0: the rest of an interrupted epoch is the same as it would have been. */
  readonly from?: number;
  /**
   * Whether every batch is full, for training; default false. Then images that do not fill a last batch are left out,
   * the place of a broken image is taken by those of the next batch in the epoch's order (which come once more in
   * theirs), and a dataset smaller than a batch is repeated within it. Otherwise the last batch is filled with zeros,
   * and so is any batch with broken images.
   */
  readonly dropLast?: boolean;
  /** Whether a broken image ends everything, default false. */
  readonly strict?: boolean;
}

/** Batches being made or waiting, for each worker: one under way and one ahead. */
const PREFETCH = 2;

/** One image of `source`, [h, w, c], without a copy. */
function rasterImage(source: RasterSource, index: number): Decoded {
  const { pixels, height, width, channels } = source;
  const bytes = imageBytes(source);
  const data = pixels.subarray(index * bytes, (index + 1) * bytes);
  return { data, height, width, channels, full: { height, width }, reduction: 1 };
}

/** What an epoch is made with. */
export interface Means {
  /** Batches that are made at the same time. */
  readonly lanes: number;
  /** Fills free places of a batch. */
  fill(task: Wanted): Promise<Filled>;
  /** An image of a file that was decoded before. */
  kept?(index: number, channels: 1 | 3): Decoded | undefined;
  onWaited?(seconds: number): void;
}

/** A task whose files are not open yet. */
export type Wanted = Omit<Task<string | Piece>, 'keep'>;

/** Makes batches of data sets, an epoch at a time. */
export interface Epochs {
  epoch(dataset: Dataset, options: EpochOptions): Batches;
}

export interface Filled {
  readonly batch: Batch;
  readonly failures: readonly Failure[];
}

export class Epoch implements Batches {
  readonly length: number;
  readonly skipped: Skipped[] = [];
  readonly #dataset: Dataset;
  readonly #options: EpochOptions;
  readonly #means: Means;
  readonly #order: Uint32Array | undefined;
  readonly #broken = new Set<number | string>();
  readonly #pending: Promise<Filled>[] = [];
  readonly #stop = new Int32Array(sharedBytes(4).buffer);

  constructor(dataset: Dataset, options: EpochOptions, means: Means) {
    const { batch, dropLast = false, share } = options;
    if (!(Number.isInteger(batch) && batch > 0))
      throw new UserError(`A batch must have a whole number of samples, at least 1, but ${batch} were asked for.`);
    if (dataset.length === 0) throw new UserError(`${dataset.name} has no images.`);
    const exact = dataset.length / (batch * (share?.size ?? 1));
    this.length = dropLast ? Math.max(1, Math.floor(exact)) : Math.ceil(exact);
    this.#dataset = dataset;
    this.#options = options;
    this.#means = means;
    this.#order = orderOf(dataset.source, options);
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
      this.#means.onWaited?.((performance.now() - started) / 1000);
    }
  }

  /** Has batch `number` made, asking again for its free places while broken images leave some and others may fill them. */
  async #fill(number: number): Promise<Filled> {
    const { batch: size, preprocessing, dropLast = false, share = { rank: 0, size: 1 } } = this.#options;
    const { length } = this.#dataset;
    const failures: Failure[] = [];
    let batch = emptyBatch(size, preprocessing);
    const first = (number * share.size + share.rank) * size;
    const end = dropLast ? Number.POSITIVE_INFINITY : Math.min(size, length - first);
    // what was tried so far: places of this process in one batch after the other
    let tried = 0;
    while (batch.count < size && tried < end && !this.#stopped && (batch.count > 0 || tried < length)) {
      const count = Math.min(size - batch.count, size - (tried % size), end - tried);
      const position = first + Math.floor(tried / size) * size * share.size + (tried % size);
      const reply = await this.#ask(batch, position, count);
      tried += count;
      batch = reply.batch;
      failures.push(...reply.failures);
    }
    return { batch, failures };
  }

  async #ask(batch: Batch, position: number, count: number): Promise<Filled> {
    const { preprocessing, augmentation, seed, epoch } = this.#options;
    const items = Array.from({ length: count }, (_, offset) => this.#item(position + offset));
    const recipe = { preprocessing, ...(augmentation && { augmentation }), seed, epoch };
    return this.#means.fill({ items, batch, recipe, stop: this.#stop });
  }

  /** What is at `position` of the epoch's order, which begins anew after its end. */
  #item(position: number): Item<string | Piece> {
    const { repeats = 1 } = this.#options.augmentation ?? {};
    const at = position % this.#dataset.length;
    const turn = Math.floor(at / repeats);
    const index = this.#order?.[turn] ?? turn;
    const item = { index, label: this.#dataset.label(index), repeat: at % repeats };
    const { source } = this.#dataset;
    if (source.kind === 'raster') return { ...item, image: rasterImage(source, index) };
    const image = this.#means.kept?.(index, this.#options.preprocessing.channels);
    const file = source.kind === 'files' ? filePath(source, index) : pieceOf(source, index);
    return { ...item, file, ...(image && { image }) };
  }

  #report(failures: readonly Failure[]): void {
    for (const { index, reason, file: whole } of failures) {
      const file = whole ?? this.#dataset.describe(index);
      if (this.#options.strict)
        throw new UserError(`${file}: ${reason}. Mend or remove it, or leave out strict to skip broken images.`);
      const what = whole ?? index;
      if (this.#broken.has(what)) continue;
      this.#broken.add(what);
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
