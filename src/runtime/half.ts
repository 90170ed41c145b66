/**
 * Programs in half precision: weights are stored, and convolutions and products computed, in 16-bit floats; sums over many elements and what
 * leaves their range stay in 32 bits, as do inputs and outputs (`mixed` of onnx/write.ts). Half the memory, and twice the speed or more where a GPU has them.
 */
import { UserError } from '../errors.js';
import { conv, type Graph, input, parameter, parametersOf, relu } from '../graph/index.js';
import { foldWeights, hoist, lowerStandard, type Target } from '../lower/index.js';
import { writeOnnx } from '../onnx/index.js';
import type { Device } from './devices.js';
import type { Program, Start } from './runtime.js';
import { float32, type Tensors } from './tensor.js';

export const precisions = ['float32', 'float16'] as const;
/** Floats that inference computes in. */
export type Precision = (typeof precisions)[number];

type RunOnce = (model: Uint8Array, feeds: Tensors) => Promise<Tensors>;

/** Whether a device computes in halves, found out by a small convolution: adapters of WebGPU may lack `shader-f16`. */
export async function computesHalves(runOnce: RunOnce): Promise<boolean> {
  const y = relu(conv(input('x', [1, 2, 4, 4]), parameter('w', [2, 2, 1, 1])));
  const weights = new Map([['w', { data: Float32Array.of(1, -2, 0.5, 3) }]]); // exact in halves, as all sums are
  const x = Float32Array.from({ length: 32 }, (_, i) => i);
  const model = writeOnnx({ name: 'halves', outputs: { y } }, { weights, floats: 'mixed' });
  const found = await runOnce(model, { x: float32(x, [1, 2, 4, 4]) }).catch((): Tensors => ({}));
  const expected = Array.from({ length: 32 }, (_, i) => (i < 16 ? 0 : 0.5 * (i - 16) + 3 * i));
  return expected.every((value, i) => found.y?.data[i] === value);
}

interface Halved {
  readonly target: Target;
  readonly weights: Tensors;
  readonly start: Start;
  readonly runOnce: RunOnce;
  /** Looks at the graph before anything is made. */
  readonly inspect: (graph: Graph) => void;
}

/** The program of a graph whose parameters are all among the weights. What depends on weights alone is computed once, before it is rounded. */
export async function compileHalf(
  graph: Graph,
  { target, weights, start, runOnce, inspect }: Halved,
): Promise<Program> {
  const { once, rest } = hoist(lowerStandard(foldWeights(graph), target));
  inspect(rest);
  const given = (part: Graph, from: Tensors) =>
    new Map(parametersOf(part).map(({ source: { name } }) => [name, from[name]!] as const));
  const computed =
    Object.keys(once.outputs).length > 0 ? await runOnce(writeOnnx(once, { weights: given(once, weights) }), {}) : {};
  const model = writeOnnx(rest, { weights: given(rest, { ...weights, ...computed }), floats: 'mixed' });
  return start(model, { name: graph.name });
}

export const noHalves = (device: Device): UserError =>
  new UserError(
    device === 'webgpu'
      ? 'webgpu computes no 16-bit floats here: its adapter lacks shader-f16; take float32, or auto, which takes what there is'
      : `${device} computes no 16-bit floats here; take float32`,
  );
