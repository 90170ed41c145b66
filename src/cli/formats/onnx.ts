/** ONNX files: a network alone, or with pixels in and answers out. */
import type { Graph } from '../../graph/index.js';
import { generationGraph } from '../../inference/generation.js';
import { questionGraph } from '../../inference/questions.js';
import { type Model, writeAtomically } from '../../weights/index.js';
import { encodeOnnxModel, networkGraph } from '../../weights/onnx-model.js';
import { usageError } from '../failure.js';
import type { Choices, Write } from './format.js';

export const writeOnnxModel: Write = async (out, model, choices) => {
  const { bytes } = await onnxBytes(model, choices);
  await writeAtomically(out, [bytes]);
  return bytes.length;
};

/** What is written, and the graph as it was before numbers became smaller: its inputs and outputs are those of the file. */
export interface Written {
  readonly bytes: Uint8Array;
  readonly graph: Graph;
}

/** The bytes of a model in the precision that is asked for. */
export async function onnxBytes(
  model: Model,
  { pixels = false, keepNorms = false, precision = 'fp32', calibrate }: Choices = {},
): Promise<Written> {
  if ((precision === 'int8') !== (calibrate !== undefined))
    throw usageError('--precision int8 and --calibrate belong together: the one needs images of the other');
  const chosen = calibrate === undefined ? model : await inBytes(model, calibrate);
  const graph = pixels ? pixelGraph(chosen) : networkGraph(chosen);
  const isWhole = precision === 'int8';
  const bytes = encodeOnnxModel(chosen, {
    graph,
    foldNorms: !keepNorms && !isWhole,
    ...(precision === 'fp16' && { floats: 'float16' }),
  });
  return { bytes, graph };
}

/** Calibrated on the images of a folder. */
async function inBytes(model: Model, folder: string): Promise<Model> {
  const { openImages } = await import('../../data/dataset.js');
  const { quantizeModel } = await import('../../quantize/index.js');
  return quantizeModel(model, await openImages([folder]));
}

/** From bytes of images to answers for people. */
const pixelGraph = (model: Model): Graph =>
  model.card.task === 'generate' ? generationGraph(model, 'n') : questionGraph(model.card.task, model, 'n');
