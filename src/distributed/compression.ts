/**
 * Means of numbers that travel in 16 bits. MPI adds no such numbers, so they are added here: every rank gets its part of them from all
 * others, takes the mean in 32 bits, and gives it to all, rounded once more. A rank sends half of what it sends without compression.
 */
import type { Communicator } from '../communicator/communicator.js';
import { fromHalf, fromUpperHalf, toHalf, toUpperHalf } from '../graph/small-floats.js';

interface Codec {
  readonly encode: (value: number) => number;
  readonly decode: (bits: number) => number;
}

/** What is too large for a half becomes the largest: infinities stand for what diverged. */
const LARGEST_HALF = 65504;
const clamped = (value: number) =>
  Number.isFinite(value) ? Math.max(-LARGEST_HALF, Math.min(LARGEST_HALF, value)) : value;

const codecs = {
  fp16: { encode: (value) => toHalf(clamped(value)), decode: fromHalf },
  bf16: { encode: toUpperHalf, decode: fromUpperHalf },
} as const satisfies Readonly<Record<string, Codec>>;

/** How gradients travel, where not in 32 bits. */
export type Compression = keyof typeof codecs;
export const compressions = ['fp16', 'bf16'] as const satisfies readonly Compression[];

/** The number of every pattern of bits. */
const tables = new Map<Compression, Float32Array>();
function numbersOf(compression: Compression): Float32Array {
  const { decode } = codecs[compression];
  const known = tables.get(compression) ?? Float32Array.from({ length: 2 ** 16 }, (_, bits) => decode(bits));
  tables.set(compression, known);
  return known;
}

/** Makes numbers their means over all ranks, as far as 16 bits tell them; the same bits on each. In place. */
export async function compressedMean(
  communicator: Communicator,
  data: Float32Array,
  compression: Compression,
): Promise<void> {
  const { size } = communicator;
  const { encode } = codecs[compression];
  const numbers = numbersOf(compression);
  const part = Math.ceil(data.length / size);
  const sent = new Uint16Array(part * size);
  for (let i = 0; i < data.length; i++) sent[i] = encode(data[i]!);
  const received = words(await communicator.allToAll(new Uint8Array(sent.buffer)));
  const mean = new Uint16Array(part);
  for (let i = 0; i < part; i++) {
    let sum = 0;
    for (let rank = 0; rank < size; rank++) sum += numbers[received[rank * part + i]!]!;
    mean[i] = encode(sum / size);
  }
  const means = await communicator.allGather(new Uint8Array(mean.buffer));
  for (const [rank, bytes] of means.entries()) {
    const from = rank * part;
    const bits = words(bytes);
    for (let i = from; i < Math.min(from + part, data.length); i++) data[i] = numbers[bits[i - from]!]!;
  }
}

const words = ({ buffer, byteOffset, byteLength }: Uint8Array) => new Uint16Array(buffer, byteOffset, byteLength / 2);
