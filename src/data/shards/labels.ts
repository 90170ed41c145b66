/** From labels as they are written in shards to class numbers. */
import { UserError } from '../../errors.js';
import { byCodePoint } from '../image-files.js';
import { numbered } from '../raster-file.js';
import type { ReadShard } from './read-tables.js';

/** Beyond this many, numbers are no classes. */
const MOST_CLASSES = 1_000_000;

const NUMBER = /^\d{1,7}$/;

export interface Labelled {
  /** Class names by id; empty where no sample has a label. */
  readonly classes: readonly string[];
  /** [samples of all shards] class ids, -1 for none. */
  readonly labels: Int32Array;
}

/**
 * Labels that are numbers are ids, and names come from `given` or are the numbers themselves. Other labels are names, and
 * their ids follow from their order in `given`, or by code point.
 * @throws UserError that names the shard with a label that is no class
 */
export function labelsOf(read: readonly ReadShard[], given: readonly string[] | undefined): Labelled {
  const tables = read.flatMap(({ table, place }) => (table ? [{ ...table, name: place.name }] : []));
  const texts = new Set(tables.flatMap(({ texts }) => texts));
  const idOf = idsOf([...texts], given);
  const labels = new Int32Array(tables.reduce((sum, { labels }) => sum + labels.length, 0));
  let at = 0;
  for (const { name, texts, labels: written } of tables) {
    const ids = texts.map((text) => {
      const id = idOf.ids(text);
      if (id !== undefined && id < idOf.classes.length) return id;
      throw new UserError(
        `${name}: label '${text}' is none of the ${idOf.classes.length} classes (${idOf.known}); mend classes.txt or shards.json beside it, or the shard.`,
      );
    });
    for (const label of written) labels[at++] = label < 0 ? -1 : (ids[label] as number);
  }
  return { classes: texts.size > 0 ? idOf.classes : [], labels };
}

function idsOf(texts: readonly string[], given: readonly string[] | undefined) {
  if (texts.every((text) => NUMBER.test(text))) {
    const highest = texts.reduce((most, text) => Math.max(most, Number(text)), -1);
    if (highest >= MOST_CLASSES)
      throw new UserError(`A label is ${highest}, but class numbers below ${MOST_CLASSES} are expected.`);
    const classes = given ?? numbered(highest + 1);
    return { classes, ids: Number as (text: string) => number | undefined, known: `0 to ${classes.length - 1}` };
  }
  const classes = given ?? [...texts].sort(byCodePoint);
  const ids = new Map(classes.map((name, id) => [name, id]));
  return { classes, ids: (text: string) => ids.get(text), known: classes.slice(0, 10).join(', ') };
}
