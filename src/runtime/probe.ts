/** Which of a device's targets this machine can run: found out by trying. */
import { elements, input, one } from '../graph/index.js';
import { type Target, targets } from '../lower/index.js';
import { writeOnnx } from '../onnx/index.js';
import { float32, type Tensors } from './tensor.js';

/** Two channels' worth of the largest block, of two pixels each, numbered in order. */
const SHAPE = [1, 32, 1, 2];
const numbered = Float32Array.from({ length: elements(SHAPE) }, (_, i) => i);

/** The numbers after they went into blocks: [c/b, w, b]. */
const inBlocks = (block: number) =>
  numbered.map((_, i) => {
    const [within, pixel, outer] = [i % block, Math.floor(i / block) % 2, Math.floor(i / (2 * block))];
    return (outer * block + within) * 2 + pixel;
  });

/**
 * The first target that works here. The engine is asked to put numbers into blocks; on a machine without them, or of another
 * version, it refuses or does something else.
 */
export async function firstThatWorks(
  candidates: readonly Target[],
  run: (model: Uint8Array, feeds: Tensors) => Promise<Tensors>,
): Promise<Target> {
  const isBlocked = (target: Target) => targets[target].block > 0;
  if (!candidates.some(isBlocked)) return candidates[0] ?? 'portable';
  const y = one('NchwcReorderInput', [input('x', SHAPE)], {});
  const model = writeOnnx({ name: 'probe', outputs: { y } });
  const found = await run(model, { x: float32(numbered, SHAPE) }).catch((): Tensors => ({}));
  const order = found.y?.data.join();
  return (
    candidates.find((target) => isBlocked(target) && inBlocks(targets[target].block).join() === order) ?? 'portable'
  );
}
