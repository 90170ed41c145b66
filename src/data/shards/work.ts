/** Work on shards by any number of processes that need not know of each other: what is done is done once, and stays done. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../../errors.js';
import { systemReason } from '../folder-error.js';
import { type Dataset, dataset } from '../numbered.js';
import type { Share } from '../share.js';
import { type ShardSource, shardOf } from '../source.js';
import { writeWhole } from '../whole-file.js';

/** The images of one shard. */
export interface ShardPart {
  readonly name: string;
  /** What its results are called, before their endings. */
  readonly stem: string;
  readonly images: Dataset;
}

/** The images of `all`, shard by shard; shards without any are left out. @throws UserError for images that are in no shards */
export function shardParts(all: readonly Dataset[]): readonly ShardPart[] {
  const parts = all.flatMap((one) => partsOf(one));
  const names = new Set(parts.map(({ name }) => name));
  const unique = names.size === parts.length;
  return parts.map((part, i) => {
    const stem = part.name.replace(/\.tar$/, '');
    return { ...part, stem: unique ? stem : `${`${i}`.padStart(6, '0')}-${stem}` };
  });
}

function partsOf({ name, source, classes }: Dataset): readonly Omit<ShardPart, 'stem'>[] {
  if (source.kind !== 'shards')
    throw new UserError(
      `${name} is not in tar shards; leave out the folder for results, or make shards of it with 'shard'.`,
    );
  const { set, rows, labels } = source;
  const places = new Map<number, number[]>();
  for (const [place, row] of rows.entries()) {
    const shard = shardOf(set, row);
    const known = places.get(shard);
    if (known) known.push(place);
    else places.set(shard, [place]);
  }
  return [...places].map(([shard, inside]) => {
    const part: ShardSource = {
      kind: 'shards',
      set,
      rows: Uint32Array.from(inside, (place) => rows[place] as number),
      ...(labels && { labels: Int32Array.from(inside, (place) => labels[place] as number) }),
    };
    const called = set.shards[shard]?.name as string;
    return { name: called, images: dataset(called, part, classes) };
  });
}

export interface ShardWork<Result extends object> {
  /** The folder for results, made when absent. */
  readonly out: string;
  /** What results depend on besides the images, as JSON can carry it. A folder takes results of one kind. */
  readonly by: object;
  readonly share: Share;
  /** Writes what comes of a shard, by its stem in `out`; returns what is to be known of it. */
  work(part: ShardPart): Promise<Result>;
  /** What is said of all shards in the index, besides each. */
  readonly summary?: ((results: readonly Result[]) => object) | undefined;
  onShard?(part: ShardPart, done: number, of: number): void;
}

export type Record<Result> = { readonly shard: string; readonly images: number } & Result;

export interface Worked<Result> {
  /** Shards of this process that were done now, and those that were done before. */
  readonly done: number;
  readonly before: number;
  readonly failed: readonly { readonly shard: string; readonly reason: string }[];
  /** Of all shards; absent while other processes are at work, or some have failed. */
  readonly index: { readonly path: string; readonly shards: readonly Record<Result>[] } | undefined;
}

const INDEX = 'index.json';
const recordName = ({ stem }: ShardPart): string => `${stem}.done.json`;

/**
 * Does this process's share of the work: every `size`-th shard, those left out that have a record of being done. A record is
 * written when all results of a shard are; whoever finds the last one writes the index of all.
 * @throws UserError where the folder cannot be written to, or has results of another kind
 */
export async function workThrough<Result extends object>(
  parts: readonly ShardPart[],
  { out, by, share: { rank, size }, work, summary, onShard }: ShardWork<Result>,
): Promise<Worked<Result>> {
  await mkdir(out, { recursive: true }).catch((error) => {
    throw new UserError(`Cannot write to ${out}: ${systemReason(error)}.`);
  });
  const own = parts.filter((_, i) => i % size === rank);
  const failed: { shard: string; reason: string }[] = [];
  let [done, before] = [0, 0];
  for (const [i, part] of own.entries()) {
    onShard?.(part, i, own.length);
    if (await recordOf(out, part, by)) before++;
    else
      try {
        const result = await work(part);
        const record = { by, shard: part.name, images: part.images.length, ...result };
        await written(join(out, recordName(part)), record);
        done++;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        failed.push({ shard: part.name, reason: error.message });
      }
  }
  return { done, before, failed, index: await indexOf(parts, { out, by, summary }) };
}

/** The index, where all shards are done. */
async function indexOf<Result extends object>(
  parts: readonly ShardPart[],
  { out, by, summary }: Pick<ShardWork<Result>, 'out' | 'by' | 'summary'>,
) {
  const shards: Record<Result>[] = [];
  for (const part of parts) {
    const record = await recordOf<Result>(out, part, by);
    if (!record) return undefined;
    shards.push(record);
  }
  const path = join(out, INDEX);
  const images = shards.reduce((sum, one) => sum + one.images, 0);
  await written(path, { by, images, ...summary?.(shards), shards });
  return { path, shards };
}

async function recordOf<Result>(out: string, part: ShardPart, by: object): Promise<Record<Result> | undefined> {
  const path = join(out, recordName(part));
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { by: then, ...record } = JSON.parse(text) as Record<Result> & { readonly by: object };
  if (isDeepStrictEqual(then, JSON.parse(JSON.stringify(by)))) return record as unknown as Record<Result>;
  throw new UserError(
    `${path} tells of results by ${JSON.stringify(then)}, but these would be by ${JSON.stringify(by)}; choose another folder.`,
  );
}

const written = (path: string, value: object): Promise<void> =>
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`).catch((error) => {
    throw new UserError(`Cannot write ${path}: ${systemReason(error)}.`);
  });
