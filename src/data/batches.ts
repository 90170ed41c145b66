import { availableParallelism } from 'node:os';
import { DecodeCache } from './decode-cache.js';
import { type Batches, Epoch, type EpochOptions, type Epochs, type Filled, type Wanted } from './epoch.js';
import type { Dataset } from './numbered.js';
import { shardOrder } from './order.js';
import { Pool } from './pool.js';
import { type Lease, OpenShards } from './shards/open-shards.js';
import type { ShardSet, Source } from './source.js';
import type { Failure, Item, Reply, Task } from './task.js';

export type { Batches, EpochOptions, Skipped } from './epoch.js';
export type { Batch } from './task.js';

/** Of decoded images, where nobody says how much: 512 MB. */
export const CACHE_BYTES = 512e6;

/** How images are decoded, and how much is kept of them. */
export interface LoaderOptions {
  /** Threads that decode, default one less than the processor has, at least 1 and at most 4. Results never depend on it. */
  readonly workers?: number;
  /** Memory for decoded images, so that later epochs need not decode again; default `CACHE_BYTES`. Results never depend on it. */
  readonly cacheBytes?: number;
}

/** Decodes and augments beside the program: owns the worker threads and the cache that all its epochs share. */
export class Loader implements Epochs {
  readonly workers: number;
  readonly #pool: Pool<Task, Reply>;
  readonly #cache: DecodeCache;
  readonly #shards = new Map<ShardSet, OpenShards>();
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
    const { source } = dataset;
    // Copying pixels is so fast that one worker outruns any training.
    const lanes = source.kind === 'raster' ? 1 : this.workers;
    if (source.kind === 'shards') this.#shardsOf(source.set).expect(shardOrder(source, options));
    return new Epoch(dataset, options, {
      lanes,
      fill: (task) => this.#fill(task, source, lanes),
      kept: (index, channels) => this.#cache.get(source, index, channels),
      onWaited: (seconds) => {
        this.#waited += seconds;
      },
    });
  }

  async #fill(task: Wanted, source: Source, lanes: number): Promise<Filled> {
    if (source.kind !== 'shards') return this.#decode(task as Omit<Task, 'keep'>, source, lanes);
    const lease = await this.#shardsOf(source.set).use(shardsIn(task));
    try {
      const { items, failures } = opened(task.items, lease, source.set);
      const reply = await this.#decode({ ...task, items }, source, lanes);
      return { ...reply, failures: [...failures, ...reply.failures] };
    } finally {
      lease.release();
    }
  }

  async #decode(task: Omit<Task, 'keep'>, source: Source, lanes: number): Promise<Reply> {
    const { images, labels, indices } = task.batch;
    const transfer = [images.buffer, labels.buffer, indices.buffer] as ArrayBuffer[];
    const keep = source.kind !== 'raster' && this.#cache.hasRoom;
    const reply = await this.#pool.call({ ...task, keep }, { transfer, lanes });
    for (const { index, image } of reply.decoded) this.#cache.add(source, index, image);
    return reply;
  }

  #shardsOf(set: ShardSet): OpenShards {
    const known = this.#shards.get(set) ?? new OpenShards(set);
    this.#shards.set(set, known);
    return known;
  }

  /** Ends the workers; epochs still under way fail. */
  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), ...[...this.#shards.values()].map((shards) => shards.close())]);
  }
}

const shardsIn = ({ items }: Wanted): Set<number> =>
  new Set(items.flatMap(({ file }) => (typeof file === 'object' ? [file.shard] : [])));

/** Items as workers can read them; those of shards that are not there have failed, and the shard is named for all of them. */
function opened(items: Wanted['items'], lease: Lease, { shards }: ShardSet) {
  const there: Item[] = [];
  const failures: Failure[] = [];
  for (const { file, ...item } of items) {
    if (typeof file !== 'object') there.push({ ...item, ...(file !== undefined && { file }) });
    else {
      const { shard, offset, length } = file;
      const fd = lease.fileOf(shard);
      if (typeof fd === 'number') there.push({ ...item, file: { fd, offset, length } });
      else failures.push({ index: item.index, reason: fd.reason, file: shards[shard]?.name as string });
    }
  }
  return { items: there, failures };
}
