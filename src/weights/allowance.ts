/** How much a file may make this program read and keep, counted against the file's own size. */
import { type ByteSource, unreadable } from './byte-source.js';

/** Small files may exceed the ratios by this much: a header takes more room in memory than on disk. */
const FLOOR = 2 ** 20;

/** What is counted -> the most of it per byte of the file, and what exceeds it. */
const LIMITS = {
  // bytes become float32 at worst, and some come from under compression
  kept: { ratio: 4, what: 'its tensors take' },
  // views of one storage overlap, and a record may be unpacked twice
  read: { ratio: 16, what: 'its tensors make it be read over' },
} as const;
export type Counted = keyof typeof LIMITS;

export class Allowance {
  private readonly used: Record<Counted, number> = { kept: 0, read: 0 };

  constructor(private readonly file: Pick<ByteSource, 'name' | 'size'>) {}

  /** Call before the bytes are read or made. @throws UserError where that would be too much */
  spend(counted: Counted, bytes: number): void {
    this.used[counted] += bytes;
    const most = this.most(counted);
    if (this.used[counted] <= most) return;
    const { name, size } = this.file;
    throw unreadable(
      name,
      `${LIMITS[counted].what} ${this.used[counted]} bytes, more than ${most} for a file of ${size}`,
      'A file like that is made to exhaust memory.',
    );
  }

  /** What may be spent in all. */
  most(counted: Counted): number {
    return LIMITS[counted].ratio * this.file.size + FLOOR;
  }
}
