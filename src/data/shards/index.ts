/** Data sets in tar shards, on disks and servers, as WebDataset has them. */
import { UserError } from '../../errors.js';
import { SPLIT_NAMES } from '../image-folder.js';
import type { KnownFormat } from '../raster-file.js';
import type { Found, ShardSet, ShardSource, SplitName } from '../source.js';
import { type CacheOptions, ShardCache } from './cache.js';
import { shownUrl } from './download.js';
import { labelsOf } from './labels.js';
import { joinNames } from './names.js';
import { beside, isUrl, type Place, placeOf, shardsOf } from './pattern.js';
import { type ReadShard, readTables } from './read-tables.js';
import { classNames, SET_INDEX, setIndexAt } from './set-index.js';

export interface ShardOptions {
  /** 'classify' (default) needs labels; 'reconstruct' takes what there is. */
  readonly task?: 'classify' | 'reconstruct';
  /** Where shards of servers are kept, and how long one waits for them. */
  readonly cache?: CacheOptions;
  /** A missing shard is an error instead of a warning. Default false. */
  readonly strict?: boolean;
  /** Hears of each shard whose samples are known now. */
  readonly onShard?: (done: number, of: number, name: string) => void;
}

/** The shards that `data` names: by a pattern, or a folder of a server by its index. */
async function placesIn(data: string, cache: CacheOptions): Promise<readonly Place[]> {
  if (!isUrl(data) || /\.tar\}*$/i.test(shownUrl(data))) return shardsOf(data);
  const folder = data.endsWith(`/${SET_INDEX}`) ? data : beside(data.replace(/\/*$/, '/'), SET_INDEX);
  const index = await setIndexAt(folder, cache);
  if (index) return index.shards.map(({ name }) => placeOf(beside(folder, name)));
  throw new UserError(
    `${shownUrl(data)}: expected shards such as shard-{000000..000127}.tar, or a folder with ${SET_INDEX}, which 'shard' writes; there is none.`,
  );
}

/**
 * Opens shards by a pattern such as `shard-{000000..000127}.tar`, of paths or of addresses, or by the address of a folder
 * that has an index. A word in their names that stands for a split (train; val, valid or validation; test or testing) makes them
 * one, where there are others.
 *
 * How many samples there are is known then: from the index beside the shards, or by reading their headers, which is
 * done once and remembered.
 * @throws UserError where no shard can be read, or labels do not fit
 */
export async function openShards(data: string, options: ShardOptions = {}): Promise<Found> {
  return foundIn(await placesIn(data, options.cache ?? {}), data, options);
}

/** A folder with shards in it: by its index, or where there are no folders that might be classes. */
export const SHARDS: KnownFormat = {
  recognises: ({ others, folders }) =>
    others.includes(SET_INDEX) || (folders.length === 0 && others.some((name) => name.endsWith('.tar'))),
  async read(root, names, task = 'classify') {
    const index = await setIndexAt(`${root}/${SET_INDEX}`, {});
    const listed = index?.shards.map(({ name }) => name) ?? [];
    const all = [...new Set([...listed, ...names.filter((name) => name.endsWith('.tar')).sort()])];
    return foundIn(
      all.map((name) => placeOf(`${root}/${name}`)),
      root,
      { task },
    );
  },
};

async function foundIn(
  places: readonly Place[],
  data: string,
  { task = 'classify', cache: options = {}, strict = false, onShard }: ShardOptions,
): Promise<Found> {
  const cache = new ShardCache(options);
  const first = places[0] as Place;
  try {
    const index = await setIndexAt(beside(first.at, SET_INDEX), options);
    const read = await readTables(places, { cache, patience: options, index, onShard });
    const missing = read.filter(({ table }) => !table);
    const nothing = read.every(({ table }) => !table || table.lengths.length === 0);
    if (nothing || (strict && missing.length > 0))
      throw new UserError(
        `${shownUrl(data)}: ${nothing ? 'there are no samples' : 'not all shards are there'}. ${(nothing ? read : missing).flatMap(({ problems }) => problems.slice(0, 1))[0] ?? `${first.name} is empty.`}`,
      );
    const given = await classNames(first.at, { index, patience: options });
    return found(read, { given, labelled: task === 'classify', options, data });
  } finally {
    await cache.close();
  }
}

interface Wanted {
  readonly given: readonly string[] | undefined;
  readonly labelled: boolean;
  readonly options: CacheOptions;
  readonly data: string;
}

function found(read: readonly ReadShard[], { given, labelled, options, data }: Wanted): Found {
  const set = setOf(read, options);
  const { classes, labels } = labelsOf(read, given);
  const warnings = read.flatMap(({ problems }) => problems);
  if (!labelled) return { classes: [], splits: splitsOf(read, (rows) => ({ kind: 'shards', set, rows })), warnings };
  const unlabelled = labels.filter((label) => label < 0).length;
  if (classes.length < 2)
    throw new UserError(
      `${shownUrl(data)}: a classifier needs at least two classes, but the labels have ${classes.length}; expected key.cls with a number, or key.json with a label, beside each image.`,
    );
  if (unlabelled > 0) warnings.push(`${unlabelled} of ${labels.length} samples have no label and are left out.`);
  const source = (rows: Uint32Array): ShardSource => {
    const kept = rows.filter((row) => (labels[row] as number) >= 0);
    return { kind: 'shards', set, rows: kept, labels: Int32Array.from(kept, (row) => labels[row] as number) };
  };
  return { classes, splits: splitsOf(read, source), warnings };
}

function setOf(read: readonly ReadShard[], cache: CacheOptions): ShardSet {
  const there = read.flatMap(({ place, table }) => (table ? [{ ...place, table }] : []));
  const starts = new Uint32Array(there.length + 1);
  for (const [i, { table }] of there.entries()) starts[i + 1] = (starts[i] as number) + table.lengths.length;
  const offsets = new Float64Array(starts[there.length] as number);
  const lengths = new Uint32Array(offsets.length);
  for (const [i, { table }] of there.entries()) {
    offsets.set(table.offsets, starts[i]);
    lengths.set(table.lengths, starts[i]);
  }
  return {
    shards: there.map(({ at, name, table: { bytes } }) => ({ at, name, bytes })),
    starts,
    offsets,
    lengths,
    keys: joinNames(there.map(({ table }) => table.keys)),
    cache,
  };
}

const splitOf = ({ at }: Place): SplitName | undefined => {
  const words = shownUrl(at).toLowerCase().split('/').slice(-2).reverse();
  const named = words
    .flatMap((part) => part.split(/[^a-z]+/))
    .map((word) => (Object.hasOwn(SPLIT_NAMES, word) ? SPLIT_NAMES[word] : undefined));
  return named.find((split) => split !== undefined);
};

/** The rows of each split by the names of its shards; all of them for training where names tell of no two splits. */
function splitsOf(read: readonly ReadShard[], source: (rows: Uint32Array) => ShardSource): Found['splits'] {
  const there = read.flatMap(({ place, table }) =>
    table ? [{ split: splitOf(place), count: table.lengths.length }] : [],
  );
  const named = new Set(there.map(({ split }) => split));
  const divided = named.size > 1 && named.has('train') && !named.has(undefined);
  const rows: { [Split in SplitName]?: Uint32Array[] } = {};
  let start = 0;
  for (const { split, count } of there) {
    const part = divided && split ? split : 'train';
    const from = start;
    rows[part] = [...(rows[part] ?? []), Uint32Array.from({ length: count }, (_, i) => from + i)];
    start += count;
  }
  const sources = Object.entries(rows).map(([split, parts]) => [split, source(joined(parts))]);
  return Object.fromEntries(sources) as Found['splits'];
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
