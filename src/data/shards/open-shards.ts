/** Shards that batches are read from: opened, and fetched from servers, when they are needed, and a little before. */
import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../../errors.js';
import { systemReason } from '../folder-error.js';
import type { ShardSet } from '../source.js';
import { ShardCache } from './cache.js';
import { DownloadError } from './download.js';
import { isUrl } from './pattern.js';

/** Kept open where nobody reads them. */
const IDLE = 32;
/** Shards of a server that are fetched before their turn. */
const AHEAD = 2;

interface Opened {
  /** The file, or why there is none. */
  readonly file: Promise<FileHandle | { readonly reason: string }>;
  users: number;
}

/** Shards of a set for as long as they are needed. */
export interface Lease {
  /** Descriptor of a shard's file, good in every thread; or why it cannot be read. */
  fileOf(shard: number): number | { readonly reason: string };
  release(): void;
}

export class OpenShards {
  readonly #cache: ShardCache;
  /** In the order of their last use. */
  readonly #opened = new Map<number, Opened>();
  #next = new Map<number, readonly number[]>();

  constructor(private readonly set: ShardSet) {
    this.#cache = new ShardCache(set.cache);
  }

  /** Tells in which order shards will be wanted. */
  expect(order: readonly number[]): void {
    const remote = order.filter((shard) => isUrl(this.#at(shard)));
    this.#next = new Map(remote.map((shard, i) => [shard, remote.slice(i + 1, i + 1 + AHEAD)]));
  }

  async use(shards: Iterable<number>): Promise<Lease> {
    const wanted = [...new Set(shards)];
    const opened = wanted.map((shard) => this.#open(shard));
    for (const one of opened) one.users++;
    const files = new Map<number, number | { readonly reason: string }>();
    for (const [i, one] of opened.entries()) {
      const file = await one.file;
      files.set(wanted[i] as number, 'reason' in file ? file : file.fd);
    }
    return {
      fileOf: (shard) => files.get(shard) as number | { readonly reason: string },
      release: () => {
        for (const one of opened) one.users--;
        this.#closeIdle();
      },
    };
  }

  async close(): Promise<void> {
    await this.#cache.close();
    await Promise.all([...this.#opened.values()].map(shut));
    this.#opened.clear();
  }

  #at(shard: number): string {
    return this.set.shards[shard]?.at as string;
  }

  #open(shard: number): Opened {
    const known = this.#opened.get(shard);
    this.#opened.delete(shard);
    const one = known ?? { file: this.#fileOf(this.#at(shard)), users: 0 };
    this.#opened.set(shard, one); // last
    for (const next of this.#next.get(shard) ?? [])
      if (!this.#opened.has(next)) this.#cache.fetch(this.#at(next)).catch(() => {}); // told when its turn comes
    return one;
  }

  async #fileOf(at: string): Promise<FileHandle | { readonly reason: string }> {
    try {
      return await (isUrl(at) ? this.#cache.open(at) : open(at));
    } catch (error) {
      if (error instanceof DownloadError) return { reason: error.reason };
      if (error instanceof UserError || (error as NodeJS.ErrnoException).code) return { reason: systemReason(error) };
      throw error;
    }
  }

  #closeIdle(): void {
    const idle = [...this.#opened].filter(([, { users }]) => users === 0);
    for (const [shard, one] of idle.slice(0, Math.max(0, idle.length - IDLE))) {
      this.#opened.delete(shard);
      void shut(one);
    }
  }
}

async function shut({ file }: Opened): Promise<void> {
  const opened = await file.catch(() => undefined);
  if (opened && !('reason' in opened)) await opened.close();
}
