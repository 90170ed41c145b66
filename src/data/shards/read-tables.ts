/** The tables of shards: from the index beside them, from what was kept of an earlier reading, or by reading them through. */
import { stat } from 'node:fs/promises';
import { UserError } from '../../errors.js';
import { systemReason } from '../folder-error.js';
import type { ShardCache } from './cache.js';
import { DownloadError, type Patience } from './download.js';
import { beside, isUrl, type Place } from './pattern.js';
import { scanShard } from './scan.js';
import { type SetIndex, textAt } from './set-index.js';
import { readTable, type ShardTable, tableName, tableText } from './table.js';

export interface Reading {
  readonly cache: ShardCache;
  readonly patience: Patience;
  /** What lies beside the shards. */
  readonly index: SetIndex | undefined;
  readonly onShard?: ((done: number, of: number, name: string) => void) | undefined;
}

export interface ReadShard {
  readonly place: Place;
  /** Absent for a shard that is not there. */
  readonly table?: ShardTable;
  /** In sentences. */
  readonly problems: readonly string[];
}

/** Shards that are read at the same time: what one waits for, another may bring. */
const LANES = 4;

/** The tables of all shards, in their order. */
export async function readTables(places: readonly Place[], reading: Reading): Promise<readonly ReadShard[]> {
  const read = new Array<ReadShard>(places.length);
  let [next, done] = [0, 0];
  const lane = async () => {
    for (let i = next++; i < places.length; i = next++) {
      const place = places[i] as Place;
      read[i] = await readShard(place, reading);
      reading.onShard?.(++done, places.length, place.name);
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, places.length) }, lane));
  return read;
}

async function readShard(place: Place, reading: Reading): Promise<ReadShard> {
  try {
    const table = isUrl(place.at) ? await remoteTable(place, reading) : await localTable(place, reading);
    return { place, table, problems: table.problems.map((problem) => `${place.name}: ${problem}.`) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const reason = error instanceof DownloadError ? error.reason : error.message;
    return { place, problems: [`${place.name} is missing: ${reason}`] };
  }
}

/** The table that `shard` wrote for a shard of this many bytes. */
async function writtenTable({ at, name }: Place, { index, patience }: Reading, bytes?: number) {
  const listed = index?.shards.find((one) => one.name === name);
  if (!listed || (bytes !== undefined && listed.bytes !== bytes)) return undefined;
  const path = beside(at, tableName(name));
  const text = await textAt(path, patience);
  const table = text === undefined ? undefined : readTable(text, path);
  return table?.bytes === listed.bytes ? table : undefined;
}

async function localTable(place: Place, reading: Reading): Promise<ShardTable> {
  const { at } = place;
  const { size, mtimeMs } = await stat(at).catch((error) => {
    throw new UserError(systemReason(error));
  });
  const written = await writtenTable(place, reading, size);
  return written ?? keptTable(`${at}\n${size}\n${mtimeMs}`, reading.cache, () => scanShard(at));
}

async function remoteTable(place: Place, reading: Reading): Promise<ShardTable> {
  const written = await writtenTable(place, reading);
  // opened by the cache: of a path alone, another shard that comes might take the room
  return written ?? keptTable(place.at, reading.cache, () => scanShard(place.at, reading.cache.open(place.at)));
}

/** What was found before under this key, or is found now. */
async function keptTable(key: string, cache: ShardCache, scan: () => Promise<ShardTable>): Promise<ShardTable> {
  const kept = await cache.recall(key);
  if (kept !== undefined) {
    try {
      return readTable(kept, key);
    } catch {} // found anew
  }
  const table = await scan();
  await cache.remember(key, tableText(table));
  return table;
}
