/** Shards of servers on the disk of this machine, up to a size; and what was found in shards by reading them through. */
import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeWhole } from '../whole-file.js';
import { download, type Patience } from './download.js';

export interface CacheOptions extends Patience {
  /** Default $RESMIRROR_CACHE, or resmirror in $XDG_CACHE_HOME or ~/.cache. */
  readonly folder?: string;
  /** The most that shards may take there; what was used longest ago goes first. Default $RESMIRROR_CACHE_GB, or 50 GB. */
  readonly bytes?: number;
}

function usualFolder({ RESMIRROR_CACHE, XDG_CACHE_HOME }: NodeJS.ProcessEnv): string {
  return RESMIRROR_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'resmirror');
}

const usualBytes = ({ RESMIRROR_CACHE_GB }: NodeJS.ProcessEnv): number => {
  const gigabytes = Number(RESMIRROR_CACHE_GB || Number.NaN);
  return 1e9 * (gigabytes >= 0 ? gigabytes : 50);
};

/** A name that cannot lead anywhere, whatever an address holds. */
const nameOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 32);

/** How often whoever fetches a shard says that it still does, and when others take that for a death. */
const SIGN_OF_LIFE_MS = 2000;
const DEAD_MS = 30_000;
/** How often those who wait look. */
const LOOK_MS = 100;

export class ShardCache {
  readonly #folder: string;
  readonly #bytes: number;
  readonly #patience: Patience;
  readonly #ending = new AbortController();
  readonly #coming = new Map<string, Promise<string>>();
  /** Room is made by one at a time. */
  #tidied: Promise<void> = Promise.resolve();

  constructor({ folder, bytes, ...patience }: CacheOptions = {}) {
    this.#folder = folder ?? usualFolder(process.env);
    this.#bytes = bytes ?? usualBytes(process.env);
    this.#patience = patience;
  }

  /** Opens the shard at `url` for reading; it stays readable until it is closed, though it leave the cache. @throws DownloadError */
  async open(url: string): Promise<FileHandle> {
    for (;;) {
      const path = await this.fetch(url);
      const file = await open(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        return undefined; // another process needed the room in between
      });
      if (!file) continue;
      const now = new Date();
      await utimes(path, now, now).catch(() => {});
      return file;
    }
  }

  /** Has the shard at `url` here; its path. @throws DownloadError */
  fetch(url: string): Promise<string> {
    const known = this.#coming.get(url);
    if (known) return known;
    const coming = this.#bring(url).finally(() => this.#coming.delete(url));
    this.#coming.set(url, coming);
    return coming;
  }

  /** The text that was kept under a key. */
  async recall(key: string): Promise<string | undefined> {
    return readFile(this.#path(key, 'index.json'), 'utf8').catch(() => undefined);
  }

  /** Keeps a text; a cache that cannot be written to keeps nothing. */
  async remember(key: string, text: string): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeWhole(this.#path(key, 'index.json'), text);
    } catch {} // what is not kept is found again
  }

  /** Ends what is being fetched. */
  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#coming.values());
  }

  #path(key: string, ending: string): string {
    return join(this.#folder, `${nameOf(key)}.${ending}`);
  }

  async #bring(url: string): Promise<string> {
    const path = this.#path(url, 'tar');
    await mkdir(this.#folder, { recursive: true });
    for (;;) {
      this.#ending.signal.throwIfAborted();
      if (await exists(path)) return path;
      const lock = this.#path(url, 'lock');
      if (await taken(lock)) await sleep(LOOK_MS);
      else
        return this.#write(url, path, lock).finally(async () => {
          await rm(lock, { force: true });
        });
    }
  }

  async #write(url: string, path: string, lock: string): Promise<string> {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    const alive = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => {}), SIGN_OF_LIFE_MS);
    try {
      const file = await open(temporary, 'wx');
      try {
        await download(url, file, { ...this.#patience, signal: this.#ending.signal });
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      this.#tidied = this.#tidied.then(() => this.#makeRoom(path));
      await this.#tidied;
      return path;
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw error;
    } finally {
      clearInterval(alive);
    }
  }

  /** Removes the shards that were used longest ago, down to the limit; `kept` came just now. */
  async #makeRoom(kept: string): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.tar'));
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
        return { path, size, mtimeMs };
      }),
    );
    let excess = files.reduce((sum, { size }) => sum + size, 0) - this.#bytes;
    for (const { path, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (excess <= 0) return;
      if (path === kept) continue;
      await rm(path, { force: true }).catch(() => {}); // where open files cannot be removed it goes another time
      excess -= size;
    }
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Whether another process is at work on it; otherwise the lock is ours from now on. */
async function taken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const age = Date.now() - (await stat(lock).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > DEAD_MS) await rm(lock, { force: true }); // killed: the next look takes it
    return true;
  }
}
