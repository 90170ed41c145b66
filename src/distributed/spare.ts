/** Memory that is used again and again: the first touch of fresh pages takes longer than what is then done with them. */
const spare = new Map<number, ArrayBuffer[]>();

/** Lends pieces of memory of so many bytes each, whose contents are anything, for as long as `use` goes on. */
export async function withSpare<T>(sizes: readonly number[], use: (pieces: ArrayBuffer[]) => Promise<T>): Promise<T> {
  const pieces = sizes.map((bytes) => spare.get(bytes)?.pop() ?? new ArrayBuffer(bytes));
  try {
    return await use(pieces);
  } finally {
    for (const piece of pieces) spare.set(piece.byteLength, [...(spare.get(piece.byteLength) ?? []), piece]);
  }
}
