import type { Communicator } from '../communicator/communicator.js';
import { fromFirst } from '../communicator/first.js';
import { elements } from '../graph/index.js';
import { float32, type Tensors } from '../runtime/tensor.js';

/** The float32 tensors of rank 0, on every rank; what others give counts for nothing. */
export async function sameEverywhere(communicator: Communicator, tensors: Tensors): Promise<Tensors> {
  const kinds = await fromFirst(communicator, () =>
    Object.entries(tensors).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
  );
  const found: Record<string, Tensors[string]> = {};
  for (const { name, dtype, shape } of kinds) {
    if (dtype !== 'float32') throw new TypeError(`expected variables of float32, got ${name} of ${dtype}`);
    const own = communicator.rank === 0 ? (tensors[name]!.data as Float32Array) : new Float32Array(elements(shape));
    await communicator.broadcast(own);
    found[name] = float32(own, shape);
  }
  return found;
}
