/** Many short texts without an object for each: a million names of 16 letters take 20 MB. */

export interface Names {
  /** All texts in UTF-8, one behind the other. */
  readonly bytes: Uint8Array;
  /** [n] where each ends in `bytes`. */
  readonly ends: Uint32Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const nameAt = ({ bytes, ends }: Names, index: number): string =>
  decoder.decode(bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index]));

export function packNames(texts: readonly string[]): Names {
  const ends = new Uint32Array(texts.length);
  const bytes = encoder.encode(texts.join(''));
  let end = 0;
  for (const [i, text] of texts.entries()) {
    end += encoder.encode(text).length;
    ends[i] = end;
  }
  return { bytes, ends };
}

/** Those of each, in that order. */
export function joinNames(all: readonly Names[]): Names {
  const bytes = new Uint8Array(all.reduce((sum, one) => sum + one.bytes.length, 0));
  const ends = new Uint32Array(all.reduce((sum, one) => sum + one.ends.length, 0));
  let [byte, name] = [0, 0];
  for (const one of all) {
    bytes.set(one.bytes, byte);
    for (const end of one.ends) ends[name++] = byte + end;
    byte += one.bytes.length;
  }
  return { bytes, ends };
}
