/**
 * Memory for the variables that a program writes. Convolutions read filters by whole vector registers, which takes 8 % longer where
 * every one of them crosses from one cache line into the next, as it does in memory from `malloc`.
 */
import { elements } from '../graph/index.js';

/** Bytes of a cache line, and of the widest registers. */
const LINE = 64;
/** glibc gives allocations of this size pages of their own, which begin with a header of 16 bytes. Others may; nothing depends on it. */
const [LEAST, HEADER] = [2 ** 25, 16];
/** Less than this fits in caches, wherever it lies. */
const SMALL = 2 ** 20;

type Lying = Pick<ArrayBufferView, 'buffer' | 'byteOffset'>;

/** Where arrays begin that lie in the same memory or other; none lies in another in part. */
export class Places {
  private readonly starts = new Map<ArrayBufferLike, Set<number>>();

  constructor(arrays: readonly Lying[] = []) {
    for (const array of arrays) this.add(array);
  }

  has({ buffer, byteOffset }: Lying): boolean {
    return this.starts.get(buffer)?.has(byteOffset) ?? false;
  }

  /** Whether none began there. */
  add(array: Lying): boolean {
    const { buffer, byteOffset } = array;
    const isNew = !this.has(array);
    this.starts.set(buffer, (this.starts.get(buffer) ?? new Set()).add(byteOffset));
    return isNew;
  }
}

export interface Place {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Whether an array begins where one of a slab would. */
export const isInLine = ({ byteOffset }: Float32Array): boolean => byteOffset % LINE === LINE - HEADER;

/** Float32 arrays in one piece of memory, each at the beginning of a cache line. */
export function slab(places: readonly Place[]): ReadonlyMap<string, Float32Array> {
  const lines = (shape: Place['shape']) => Math.ceil((4 * elements(shape)) / LINE) * LINE;
  const total = places.reduce((sum, { shape }) => sum + lines(shape), LINE - HEADER);
  const memory = new ArrayBuffer(total < SMALL ? total : Math.max(total, LEAST)); // pages that nobody touches take no memory
  let at = LINE - HEADER;
  return new Map(
    places.map(({ name, shape }) => {
      const array = new Float32Array(memory, at, elements(shape));
      at += lines(shape);
      return [name, array];
    }),
  );
}
