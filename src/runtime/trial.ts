/** A device tried for a moment: that it computes, how fast, and what it answers. */
import { conv, elements, input, matmul, relu, type Value } from '../graph/index.js';
import type { Target } from '../lower/index.js';
import type { Runtime } from './runtime.js';
import { float32 } from './tensor.js';

export interface Speed {
  readonly threads: number;
  /** Of products of matrices, in thousand million operations a second. */
  readonly gflops: number;
  readonly target: Target;
  /** Whether it computes in 16-bit floats. */
  readonly halves: boolean;
  /** What it answers to `sample`: other devices have to answer the same. */
  readonly answer: readonly number[];
}

const SIDES = [64, 256, 512];
const PRODUCTS = 8;
const MILLISECONDS = 150;

/** Has a runtime convolve once and multiply matrices for a moment. @throws Error where it cannot */
export async function trial(runtime: Runtime): Promise<Speed> {
  const answer = await sample(runtime);
  const [gflops, target, halves] = [await gflopsOf(runtime), await runtime.target(), await runtime.hasHalves()];
  return { threads: runtime.threads, gflops, target, halves, answer };
}

const wave = (shape: readonly number[], pace: number) =>
  float32(
    Float32Array.from({ length: elements(shape) }, (_, i) => Math.sin(pace * (i + 1))),
    shape,
  );

/** relu(w * x), of stride 2: what a residual network begins with. */
async function sample(runtime: Runtime): Promise<readonly number[]> {
  const [x, w] = [input('x', [1, 3, 16, 16]), input('w', [8, 3, 3, 3])];
  const y = relu(conv(x, w, { strides: [2, 2], pads: [1, 1, 1, 1] })); // [1, 8, 8, 8]
  const program = await runtime.compile({ name: 'trial', outputs: { y } });
  const found = await program.run({ x: wave([1, 3, 16, 16], 0.7), w: wave([8, 3, 3, 3], 1.3) });
  await program.release();
  return Array.from(found.y!.data, Number);
}

/** From small matrices to large: what takes long for small ones, as adapters in software do, is not asked for more. */
async function gflopsOf(runtime: Runtime): Promise<number> {
  let gflops = 0;
  for (const side of SIDES) {
    const found = await chainOf(runtime, side);
    gflops = found.gflops;
    if (found.runs === 1) break;
  }
  return gflops;
}

/** A chain of products, so that computing outweighs the way to the engine and back. */
async function chainOf(runtime: Runtime, side: number) {
  const [a, b] = [input('a', [side, side]), input('b', [side, side])];
  let chain: Value = a;
  for (let i = 0; i < PRODUCTS; i++) chain = matmul(chain, b);
  const program = await runtime.compile({ name: 'matrix products', outputs: { product: chain } });
  const even = float32(new Float32Array(side * side).fill(1 / side), [side, side]);
  await program.run({ a: even, b: even }); // the first run prepares what is to be measured
  const begun = performance.now();
  let [runs, ms] = [0, 0];
  while (ms < MILLISECONDS) {
    await program.run({ a: even, b: even });
    runs++;
    ms = performance.now() - begun;
  }
  await program.release();
  return { runs, gflops: (runs * PRODUCTS * 2 * side ** 3) / (ms * 1e6) };
}
