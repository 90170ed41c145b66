/** Answers of the inference protocol as JSON. */
import type { Numbers } from './tensors.js';

/** Where the numbers go. */
const EMPTY = '"data":[]';

export interface Answer {
  /** The JSON of an answer whose one output has no numbers yet. */
  readonly frame: string;
  readonly numbers: Numbers;
}

export function writeNumbers({ frame, numbers }: Answer): Uint8Array<ArrayBuffer> {
  const at = frame.lastIndexOf(EMPTY);
  const data = `"data":${JSON.stringify(Array.from(numbers))}`;
  return new TextEncoder().encode(frame.slice(0, at) + data + frame.slice(at + EMPTY.length));
}
