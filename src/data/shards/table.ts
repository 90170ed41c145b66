/** Where the samples of one shard lie: all that is known of them before they are read. */
import * as v from 'valibot';
import { UserError } from '../../errors.js';
import { whole } from '../../schema.js';
import { type Names, nameAt, packNames } from './names.js';

export interface ShardTable {
  /** Of the whole shard. */
  readonly bytes: number;
  /** [n] first byte of each image in the shard. */
  readonly offsets: Float64Array;
  /** [n] bytes of each image. */
  readonly lengths: Uint32Array;
  /** [n] which of `texts` is each image's label, -1 for none. */
  readonly labels: Int32Array;
  /** The labels as they were written: '3', or 'rose'. */
  readonly texts: readonly string[];
  /** [n] what the samples are called, without endings. */
  readonly keys: Names;
  /** In sentences, what of the shard cannot be used. */
  readonly problems: readonly string[];
}

/** The endings of files in which tables are kept: `photos-000012.tar` has `photos-000012.index.json`. */
export const tableName = (shard: string): string => `${shard.replace(/\.tar$/, '')}.index.json`;

const Kept = v.strictObject({
  format: v.literal(1),
  bytes: whole(0),
  offsets: v.array(whole(0)),
  lengths: v.array(whole(0, 2 ** 32 - 1)),
  labels: v.array(whole(-1)),
  texts: v.array(v.string()),
  keys: v.array(v.string()),
  problems: v.array(v.string()),
});
const KeptText = v.pipe(v.string(), v.parseJson(), Kept);

export function tableText({ bytes, offsets, lengths, labels, texts, keys, problems }: ShardTable): string {
  const names = Array.from(lengths, (_, i) => nameAt(keys, i));
  const lists = { offsets: [...offsets], lengths: [...lengths], labels: [...labels], texts, keys: names, problems };
  return `${JSON.stringify({ format: 1, bytes, ...lists } satisfies { [Key in keyof v.InferInput<typeof Kept>]: unknown })}\n`;
}

/** @throws UserError where the text is no table, or one that contradicts itself */
export function readTable(text: string, path: string): ShardTable {
  const parsed = v.safeParse(KeptText, text);
  const told = (what: string) =>
    new UserError(
      `${path}: expected the index of a shard as 'shard' writes it, but ${what}; remove it or write it anew.`,
    );
  if (!parsed.success) throw told(parsed.issues[0].message);
  const { bytes, offsets, lengths, labels, texts, keys, problems } = parsed.output;
  if (new Set([offsets.length, lengths.length, labels.length, keys.length]).size > 1)
    throw told('its lists differ in length');
  const outside = offsets.findIndex((offset, i) => offset + (lengths[i] as number) > bytes);
  if (outside >= 0) throw told(`sample ${outside} lies outside of its ${bytes} bytes`);
  if (labels.some((label) => label >= texts.length)) throw told('a label has no text');
  return {
    bytes,
    offsets: Float64Array.from(offsets),
    lengths: Uint32Array.from(lengths),
    labels: Int32Array.from(labels),
    texts,
    keys: packNames(keys),
    problems,
  };
}
