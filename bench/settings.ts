/** What every measurement is told. */
export interface Settings {
  readonly threads: number;
  readonly rounds: number;
  /** Photos to measure on. */
  readonly images: string | undefined;
  /** Run folder or file of a classifier to begin with. */
  readonly model: string | undefined;
  /** Whether a row was asked for by words of its name. */
  readonly wanted: (name: string) => boolean;
}

/** Debian's, which finds Debian's python3-torch, unless another one is named. */
export const PYTHON = process.env.PYTHON ?? '/usr/bin/python3';

/**
 * glibc gives every large tensor back to the system, which clears its pages anew at the next step; where faults are expensive, as
 * on virtual machines, that is most of what PyTorch does. So it is measured as it is installed, and told to keep its memory.
 */
export const KEEPING_MEMORY = {
  MALLOC_MMAP_THRESHOLD_: `${2 ** 33}`,
  MALLOC_TRIM_THRESHOLD_: `${2 ** 33}`,
  MALLOC_TOP_PAD_: `${2 ** 28}`,
};

/** A row of a Markdown table, or its heading with a rule below. */
export function print(cells: readonly string[], rule?: string): void {
  console.log(`| ${cells.join(' | ')} |`);
  if (rule) console.log(`|${cells.map(() => rule).join('|')}|`);
}
