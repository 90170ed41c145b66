/** ONNX files: a network alone, or with pixels in and answers out. */
import { generationGraph } from '../../inference/generator.js';
import { questionGraph } from '../../inference/index.js';
import { writeOnnx } from '../../onnx/index.js';
import { type Model, writeAtomically } from '../../weights/index.js';
import { encodeOnnxModel, onnxMetadata } from '../../weights/onnx-model.js';
import type { Write } from './format.js';

export const writeOnnxModel: Write = async (out, model, { pixels = false }) => {
  const bytes = onnxOf(model, { pixels });
  await writeAtomically(out, [bytes]);
  return bytes.length;
};

/** The bytes of a model as ONNX; with `pixels` it takes bytes and answers for people. */
export function onnxOf(model: Model, { pixels = false } = {}): Uint8Array {
  if (!pixels) return encodeOnnxModel(model);
  const { card } = model;
  const graph = card.task === 'generate' ? generationGraph(model, 'n') : questionGraph(card.task, model, 'n');
  return writeOnnx(graph, {
    weights: new Map(Object.entries(model.weights)),
    metadata: onnxMetadata(card),
  });
}
