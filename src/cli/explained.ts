/** What the methods of `explain` have in common. */
import type { Skipped } from '../data/batches.js';
import type { Answer, OpenModelOptions } from '../inference/image-model.js';
import type { Model } from '../weights/index.js';
import { columns, shortened } from './columns.js';
import type { Picture } from './pair-grid.js';
import type { Paint } from './terminal.js';

/** Images that are drawn where nobody says how many. */
export const USUAL_IMAGES = 16;

export interface Choices {
  readonly class?: string;
  readonly stage?: number;
  readonly steps?: number;
  readonly limit?: number;
  readonly seed?: number;
}

export interface Task {
  readonly model: Model;
  readonly compute: OpenModelOptions;
  readonly images: readonly string[];
  readonly choices: Choices;
}

export interface Drawn {
  readonly picture: Picture;
  /** For people. */
  readonly lines: (paint: Paint) => readonly string[];
  readonly json: object;
  readonly skipped: readonly Skipped[];
}

/** The first ones, copied: what comes is a window on a whole batch. */
export async function gathered<T>(answers: AsyncIterable<Answer<T>>, limit = USUAL_IMAGES): Promise<Answer<T>[]> {
  const found: Answer<T>[] = [];
  for await (const answer of answers) {
    found.push({ ...answer, seen: answer.seen.slice() });
    if (found.length >= limit) break;
  }
  return found;
}

export const pictureOf = ({ card: { preprocessing } }: Model, data: Uint8Array): Picture => {
  const [height, width] = preprocessing.size;
  return { data, height, width, channels: preprocessing.channels };
};

const NAME = 40;
/** Rows of cells, the first of them a heading. */
export const tableLines =
  (rows: readonly (readonly string[])[]) =>
  (paint: Paint): readonly string[] =>
    columns(
      rows.map(([name, ...rest]) => [shortened(name!, NAME, { keep: 'end' }), ...rest]),
      `<${'>'.repeat((rows[0]?.length ?? 1) - 1)}`,
    ).map((line, i) => (i === 0 ? paint('dim', line) : line));
