/**
 * Means of numbers that travel in 16 bits. MPI adds no such numbers, so they are added here: every rank gets its part of them from all
 * others, takes the mean in 32 bits, and gives it to all, rounded once more. A rank sends half of what it sends without compression.
 */
import type { Communicator } from '../communicator/communicator.js';
import { fromHalf, halfOf, upperHalfOf } from '../graph/small-floats.js';
import { withSpare } from './spare.js';

/** Whole arrays at once: a call for each number would take longer than a slow network saves. */
interface Codec {
  /** From the bits of float32. */
  readonly encode: (words: Int32Array, into: Uint16Array) => void;
  readonly decode: (bits: Uint16Array, into: Float32Array) => void;
}

/** What is too large for a half becomes the largest: infinities stand for what diverged. */
function clampedHalfOf(bits: number): number {
  const half = halfOf(bits);
  const isTooLarge = (half & 0x7fff) === 0x7c00 && (bits & 0x7fffffff) < 0x7f800000;
  return isTooLarge ? half - 1 : half;
}

/** The number of every half, made when first needed. */
let halves: Float32Array | undefined;

const codecs = {
  fp16: {
    encode(words, into) {
      for (let i = 0; i < words.length; i++) into[i] = clampedHalfOf(words[i]!);
    },
    decode(bits, into) {
      halves ??= Float32Array.from({ length: 2 ** 16 }, (_, each) => fromHalf(each));
      for (let i = 0; i < bits.length; i++) into[i] = halves[bits[i]!]!;
    },
  },
  bf16: {
    encode(words, into) {
      for (let i = 0; i < words.length; i++) into[i] = upperHalfOf(words[i]!);
    },
    decode(bits, { buffer, byteOffset, length }) {
      const words = new Int32Array(buffer, byteOffset, length);
      for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
    },
  },
} as const satisfies Readonly<Record<string, Codec>>;

/** How gradients travel, where not in 32 bits. */
export type Compression = keyof typeof codecs;
export const compressions = ['fp16', 'bf16'] as const satisfies readonly Compression[];

/** Makes numbers their means over all ranks, as far as 16 bits tell them; the same bits on each. In place. */
export async function compressedMean(
  communicator: Communicator,
  data: Float32Array,
  compression: Compression,
): Promise<void> {
  const { size } = communicator;
  const { encode, decode }: Codec = codecs[compression];
  const part = Math.ceil(data.length / size);
  const [shorts, floats] = [2 * part, 4 * part];
  const sizes = [shorts * size, shorts * size, floats, floats, shorts];
  await withSpare(sizes, async ([sent, received, mean, one, own]) => {
    encode(new Int32Array(data.buffer, data.byteOffset, data.length), new Uint16Array(sent!));
    await communicator.allToAll(new Uint8Array(sent!), new Uint8Array(received!));
    const [sum, each] = [new Float32Array(mean!).fill(0), new Float32Array(one!)];
    for (let rank = 0; rank < size; rank++) {
      decode(new Uint16Array(received!, rank * shorts, part), each);
      for (let i = 0; i < part; i++) sum[i]! += each[i]! / size;
    }
    encode(new Int32Array(mean!), new Uint16Array(own!));
    await communicator.allGather(new Uint8Array(own!), new Uint8Array(received!));
    decode(new Uint16Array(received!, 0, data.length), data);
  });
}
