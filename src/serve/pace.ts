/** What batches of each size take, learned from those that were computed. */

/** Of the last batch in what batches of its size are expected to take. */
const SHARE = 0.2;
/** A size is as good as the best one where a row takes at most so much longer in it. */
const AS_GOOD = 1.05;

export class Pace {
  /** Milliseconds, by size. */
  private readonly times = new Map<number, number>();
  /** Milliseconds that a row has taken lately; 0 before anything was computed. */
  each = 0;

  /** @param sizes of batches, rising, that rows are filled up to */
  constructor(private readonly sizes: readonly number[]) {}

  took(milliseconds: number, rows: number): void {
    const size = this.above(rows);
    this.times.set(size, blended(this.times.get(size), milliseconds));
    this.each = blended(this.each || undefined, milliseconds / rows);
  }

  /**
   * How many of so many rows to compute at once: all of them, or no more than fill a batch where filling up a larger one would take longer
   * for each row. A size of which nothing is known is tried.
   */
  take(rows: number): number {
    const below = this.sizes.findLast((size) => size <= rows) ?? rows;
    const [larger, smaller] = [this.times.get(this.above(rows)), this.times.get(below)];
    if (larger === undefined) return rows;
    if (smaller === undefined) return below;
    return larger / rows <= smaller / below ? rows : below;
  }

  /** The smallest batch in which rows take hardly longer than in the best; one of which nothing is known is tried. */
  get enough(): number {
    const each = (size: number) => (this.times.get(size) ?? 0) / size;
    const best = Math.min(...[...this.times].map(([size, time]) => time / size));
    return this.sizes.find((size) => each(size) <= AS_GOOD * best) ?? this.sizes.at(-1)!;
  }

  private above(rows: number): number {
    return this.sizes.find((size) => size >= rows) ?? rows;
  }
}

const blended = (before: number | undefined, now: number): number =>
  before === undefined ? now : before + SHARE * (now - before);
