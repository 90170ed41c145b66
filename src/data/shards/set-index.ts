/** What lies beside shards and tells of them all: `shards.json` as `shard` writes it, or `classes.txt` with a name a line. */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { UserError } from '../../errors.js';
import { problems, whole } from '../../schema.js';
import { systemReason } from '../folder-error.js';
import { downloadText, type Patience, shownUrl } from './download.js';
import { beside, isUrl } from './pattern.js';

export const SET_INDEX = 'shards.json';
const CLASSES = 'classes.txt';

/** Shards that belong together, written when all of them are. */
export const SetIndex = v.strictObject({
  format: v.literal(1),
  /** Class names by id; empty when unlabelled. */
  classes: v.array(v.string()),
  shards: v.pipe(
    v.array(
      v.strictObject({ name: v.pipe(v.string(), v.regex(/^[^/\\]+\.tar$/)), samples: whole(0), bytes: whole(0) }),
    ),
    v.maxLength(100_000),
  ),
});
export type SetIndex = v.InferOutput<typeof SetIndex>;
const SetIndexText = v.pipe(v.string(), v.parseJson(), SetIndex);

/** Of a text beside shards: more than any index of a hundred thousand, or any shard's table. */
const LIMIT = 2 ** 28;

/** A small file by its path or address; undefined where there is none. @throws UserError where it cannot be read */
export async function textAt(at: string, patience: Patience = {}): Promise<string | undefined> {
  if (isUrl(at)) return downloadText(at, { ...patience, limit: LIMIT });
  return readFile(at, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new UserError(`Cannot read ${at}: ${systemReason(error)}.`);
  });
}

/** The index at `at`. @throws UserError for a file of that name that is none */
export async function setIndexAt(at: string, patience: Patience): Promise<SetIndex | undefined> {
  const text = await textAt(at, patience);
  if (text === undefined) return undefined;
  const parsed = v.safeParse(SetIndexText, text);
  if (parsed.success) return parsed.output;
  throw new UserError(
    `${isUrl(at) ? shownUrl(at) : at}: expected the index of shards as 'shard' writes it; ${problems(parsed.issues)}. Write it anew, or remove it to have the shards read through.`,
  );
}

/** Names of the classes in the folder of a shard; undefined where they have none. */
export async function classNames(
  shard: string,
  { index, patience }: { readonly index: SetIndex | undefined; readonly patience: Patience },
): Promise<readonly string[] | undefined> {
  if (index && index.classes.length > 0) return index.classes;
  const text = await textAt(beside(shard, CLASSES), patience);
  const names = text?.split(/\r?\n/).filter((line) => line.trim() !== '');
  return names && names.length > 0 ? names : undefined;
}
