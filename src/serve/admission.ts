/** Who is let in while others wait: bursts are, and under more load than the engine bears the queue is kept short. */
import { busy, HttpError } from './http-error.js';
import type { Pace } from './pace.js';

export interface AdmissionOptions {
  /** Rows that go through the network at once. */
  readonly max: number;
  /** Rows that may wait; what comes when it is full is refused at once. */
  readonly queue: number;
  /**
   * Milliseconds that a burst may make rows wait, by what rows took before; by default four full batches, or 100 ms where that is
   * more. What would wait longer is refused at once.
   */
  readonly wait?: number | undefined;
}

/** A burst may fill so many batches where nobody says how long rows may wait, or as many as take so many milliseconds. */
const [BURST_BATCHES, BURST_MS] = [4, 100];

/** Under overload so many rows may wait at least: fewer would leave the engine idle between arrivals. */
const AT_HAND = 3;

/** How things stand at one moment. */
export interface Standing {
  /** Milliseconds of a clock. */
  readonly now: number;
  /** Rows that the engine has. */
  readonly computing: number;
  /** Rows that wait, or were let in and are still made ready. */
  readonly ahead: number;
  /** Of the engine. */
  readonly pace: Pick<Pace, 'each' | 'enough'>;
}

/**
 * A queue evens out arrivals; one that stays long adds to every wait and to no throughput: the good and the bad queue of Nichols & Jacobson
 * 2012, https://queue.acm.org/detail.cfm?id=2209336. So a burst may wait. Where more comes the engine is overloaded, and from then on a row is let in
 * only if it can be in the next batch, of a size that keeps the engine as fast. How long that lasts says the queue there would be had nobody been
 * refused, a virtual queue as in Kunniyur & Srikant 2001, https://doi.org/10.1145/964723.383069: until half of it has gone.
 */
export class Admission {
  /** Rows of the virtual queue, while there is an overload. */
  private virtual: number | undefined;
  private at = 0;

  constructor(private readonly options: AdmissionOptions) {}

  /** @throws HttpError 413 for more rows than could ever wait, 503 when the queue is full, or rows would wait too long */
  admit(rows: number, standing: Standing): void {
    this.check(rows, standing);
    this.came(rows);
  }

  /** As `admit`, of rows that come later. */
  check(rows: number, standing: Standing): void {
    const { computing, ahead, pace } = standing;
    const { queue } = this.options;
    if (rows > queue) throw new HttpError(413, `expected at most ${queue} images or rows at once, got ${rows}`);
    const [limit, seconds] = [this.limit(standing), ((computing + ahead) * pace.each) / 1000];
    if (ahead < limit && ahead + rows <= queue) return;
    this.came(rows);
    if (ahead < limit) throw busy(`the queue is full (${queue} rows); try again later`, seconds);
    throw busy(`the wait would be ${seconds.toFixed(1)} s; try again later`, seconds);
  }

  /** Rows that may be ahead of those that come now. */
  private limit({ now, computing, ahead, pace }: Standing): number {
    const burst = this.burst(pace.each);
    if (this.virtual !== undefined && pace.each > 0) {
      const most = burst + this.options.max;
      this.virtual = Math.min(most, this.virtual) - (now - this.at) / pace.each;
      if (this.virtual <= most / 2) this.virtual = undefined;
    } else if (ahead >= burst) this.virtual = computing + ahead;
    this.at = now;
    return this.virtual === undefined ? burst : Math.max(pace.enough, AT_HAND);
  }

  private came(rows: number): void {
    if (this.virtual !== undefined) this.virtual += rows;
  }

  /** Rows that may wait while the engine keeps up. */
  private burst(each: number): number {
    const { max, wait } = this.options;
    const usual = BURST_BATCHES * max;
    if (each === 0) return usual;
    // the next batch may always fill, however slow the model
    return wait === undefined ? Math.max(usual, BURST_MS / each) : Math.max(max, wait / each);
  }
}
