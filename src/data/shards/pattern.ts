/** How shards are named: one by one, or many by a pattern as shells and WebDataset write it. */
import { expand } from 'brace-expansion';
import { UserError } from '../../errors.js';
import { shownUrl } from './download.js';

/** More would be more files than any data set has. */
const MOST = 100_000;

export const isUrl = (data: string): boolean => /^https?:\/\//i.test(data);

/** Whether a data set is named by its shards: `shard-{000000..000127}.tar`, one of them, or a folder of a server. */
export const isShards = (data: string): boolean => isUrl(data) || /\.tar\}*$/i.test(data);

/** A file of a data set. */
export interface Place {
  /** Path or address. */
  readonly at: string;
  /** Before people, and as the first part of its samples' names. */
  readonly name: string;
}

/** The last part of a path, or of an address without its query. */
const lastPart = (at: string): string => {
  const path = isUrl(at) ? shownUrl(at) : at;
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
};

export const placeOf = (at: string): Place => ({ at, name: lastPart(at) });

/** What lies beside a shard under another name; the query of an address stays. */
export function beside(at: string, name: string): string {
  if (!isUrl(at)) return `${at.slice(0, at.length - lastPart(at).length)}${name}`;
  const url = new URL(at);
  url.pathname = `${url.pathname.slice(0, url.pathname.lastIndexOf('/') + 1)}${encodeURIComponent(name)}`;
  return url.href;
}

/** The shards of a pattern, in its order. @throws UserError for one that names too many, or one twice */
export function shardsOf(pattern: string): readonly Place[] {
  const all = expand(pattern, {
    max: MOST + 1,
    maxLength: Number.POSITIVE_INFINITY,
    maxSteps: Number.POSITIVE_INFINITY,
  });
  if (all.length > MOST)
    throw new UserError(
      `${shownUrl(pattern)} names more than ${MOST} shards; make larger ones, or name them in parts.`,
    );
  const seen = new Set<string>();
  const twice = all.find((at) => seen.size === seen.add(at).size);
  if (twice !== undefined) throw new UserError(`${shownUrl(pattern)} names ${shownUrl(twice)} twice.`);
  return all.map(placeOf);
}

/** What to call shards before people: `photos` for `photos-{000..127}.tar`. */
export const shardsName = (pattern: string): string => {
  const path = (isUrl(pattern) ? shownUrl(pattern) : pattern).replace(/\/+$/, '');
  const stem = lastPart(path.replace(/\{.*$/s, '').replace(/\.tar$/i, '')).replace(/[-_.]+$/, '');
  return stem === '' ? 'shards' : stem;
};
