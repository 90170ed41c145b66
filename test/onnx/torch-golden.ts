/** Files that `torch_files.py` wrote: an ONNX model, and what PyTorch says of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { elements } from '../../src/graph/index.js';

interface Index {
  /** Height and width of the two images. */
  readonly size: number;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[]; readonly at: number }[];
  /** Sums of magnitudes in training mode: of gradients, and of running statistics after one batch. */
  readonly training: Readonly<Record<string, number>>;
}

export interface TorchGolden {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly logits: Float32Array;
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly training: Index['training'];
}

export function torchGolden(folder: string, name: string): TorchGolden {
  const file = (ending: string) => join(folder, `${name}.${ending}`);
  const { size, tensors, training } = JSON.parse(readFileSync(file('json'), 'utf8')) as Index;
  const data = new Float32Array(new Uint8Array(readFileSync(file('bin'))).buffer);
  const read = tensors.map(({ name, shape, at }) => [name, data.subarray(at, at + elements(shape))] as const);
  const { logits, ...gradients } = Object.fromEntries(read);
  return {
    bytes: readFileSync(file('onnx')),
    size,
    logits: logits!,
    gradients: new Map(Object.entries(gradients)),
    training,
  };
}

/** The script's own numbers. */
export const pattern = (shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: elements(shape) }, (_, i) => Math.sin(i * 0.37));

/** How far two lists stray at most, beside the largest number of the first. */
export function stray(expected: ArrayLike<number>, came: ArrayLike<number>): number {
  if (expected.length !== came.length) return Number.POSITIVE_INFINITY;
  const far = Array.from(expected, (value, i) => Math.abs(value - came[i]!));
  const most = (list: ArrayLike<number>) => Array.from(list).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return most(far) / Math.max(most(expected), 1e-12);
}
