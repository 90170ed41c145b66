/** Means over all processes of what a segment computes: in messages of some size, each of one kind. */
import type { Communicator } from '../communicator/communicator.js';
import { elements } from '../graph/index.js';
import { float32, type Tensor, type Tensors } from '../runtime/tensor.js';
import { type Compression, compressedMean } from './compression.js';
import type { Mean } from './segments.js';

/** Bytes of a message: enough that what every message costs does not count, so few that the first ones are under way while others are made. */
const MESSAGE = 25 * 2 ** 20;

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

/** Takes the means of a message's tensors over all processes. */
export async function reduced(
  communicator: Communicator,
  message: Message,
  tensors: Tensors,
  compression: Compression | undefined,
): Promise<Tensors> {
  const parts = message.map(({ name }) => tensors[name] as Tensor & { readonly data: Float32Array });
  const sum = new Float32Array(parts.reduce((total, { shape }) => total + elements(shape), 0));
  let at = 0;
  const views = parts.map(({ data, shape }) => {
    sum.set(data, at);
    at += data.length;
    return float32(sum.subarray(at - data.length, at), shape);
  });
  const [{ of }] = message as readonly [Mean];
  if (compression && of === 'gradients') await compressedMean(communicator, sum, compression);
  else {
    await communicator.allReduce(sum, 'sum');
    for (let i = 0; i < sum.length; i++) sum[i]! /= communicator.size;
  }
  return Object.fromEntries(message.map(({ name }, i) => [name, views[i]!]));
}
