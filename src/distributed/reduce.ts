/** Means over all processes of what a segment computes: in messages of some size, each of one kind. */
import type { Communicator } from '../communicator/communicator.js';
import type { Tensors } from '../runtime/tensor.js';
import { type Compression, compressedMean } from './compression.js';
import type { Mean } from './segments.js';

/** Bytes of a message: enough that what every message costs does not count, so few that the first ones are under way while others are made. */
const MESSAGE = 25 * 2 ** 20;

/** Numbers between one tensor and the next at most: places begin with cache lines (`runtime/slab.ts`). */
const PADDING = 16;

/** Means that travel together: of one kind, wanted at the same time. */
export type Message = readonly Mean[];

/** Divides means into messages, those that are wanted first in front. @param bytesOf a mean's operand */
export function messagesOf(means: readonly Mean[], bytesOf: (mean: Mean) => number): readonly Message[] {
  const messages: Mean[][] = [];
  let room = 0;
  for (const mean of [...means].sort((a, b) => a.readBy - b.readBy)) {
    const [first] = messages.at(-1) ?? [];
    const fits = first?.readBy === mean.readBy && first.of === mean.of && bytesOf(mean) <= room;
    if (!fits) {
      messages.push([]);
      room = MESSAGE;
    }
    messages.at(-1)!.push(mean);
    room -= bytesOf(mean);
  }
  return messages;
}

/** Makes a message's tensors their means over all processes, where they lie. Resolves to them. */
export async function reduced(
  communicator: Communicator,
  message: Message,
  tensors: Tensors,
  compression: Compression | undefined,
): Promise<Tensors> {
  const own = message.map(({ name }) => [name, tensors[name]!] as const);
  const isCompressed = compression !== undefined && message[0]!.of === 'gradients';
  for (const data of piecesOf(own.map(([, tensor]) => tensor.data as Float32Array))) {
    if (isCompressed) await compressedMean(communicator, data, compression);
    else await mean(communicator, data);
  }
  return Object.fromEntries(own);
}

async function mean(communicator: Communicator, data: Float32Array): Promise<void> {
  await communicator.allReduce(data, 'sum');
  const share = 1 / communicator.size;
  for (let i = 0; i < data.length; i++) data[i]! *= share;
}

/** Arrays that lie in one piece of memory, with no more between them than rounds a place up, as one; others each by itself. */
function piecesOf(arrays: readonly Float32Array[]): readonly Float32Array[] {
  const [first, last] = [arrays[0]!, arrays.at(-1)!];
  const begin = first.byteOffset;
  const length = (last.byteOffset - begin) / 4 + last.length;
  const total = arrays.reduce((sum, array) => sum + array.length, 0);
  const isOne = arrays.every(({ buffer }) => buffer === first.buffer) && length - total < PADDING * arrays.length;
  return isOne && length >= total ? [new Float32Array(first.buffer as ArrayBuffer, begin, length)] : arrays;
}
