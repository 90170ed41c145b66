/**
 * A model repository for Triton Inference Server: NAME/config.pbtxt (a ModelConfig in protobuf's text form), NAME/labels.txt and
 * NAME/1/model.onnx for its ONNX Runtime backend. https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_configuration.html
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { type DType, inputsOf, type Value } from '../../graph/index.js';
import { writeFolderAtomically } from '../../weights/atomic-folder.js';
import { usageError } from '../failure.js';
import type { Write } from './format.js';
import { onnxBytes } from './onnx.js';

const MAX_BATCH = 32;

/** What names of models and of files in a repository are made of. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export const writeTritonModel: Write = async (out, model, choices) => {
  const { name = model.network.name, maxBatch = MAX_BATCH, ...rest } = choices;
  if (!NAME.test(name))
    throw usageError(`expected --name of letters, digits, '.', '_' and '-', got ${JSON.stringify(name)}`);
  const { bytes, graph } = await onnxBytes(model, rest);
  const { task, classes } = model.card;
  const labels = task === 'classify' ? classes.map((label) => label.replace(/\s+/g, ' ')) : [];
  const inputs = inputsOf(graph).map((value) => tensor(value.source.name, value));
  const outputs = Object.entries(graph.outputs).map(([output, value]) =>
    tensor(output, value, labels.length > 0 ? [['label_filename', 'labels.txt']] : []),
  );
  const config = [
    `name: ${quoted(name)}`,
    'backend: "onnxruntime"',
    `max_batch_size: ${maxBatch}`,
    ...inputs.map((fields) => `input ${fields}`),
    ...outputs.map((fields) => `output ${fields}`),
    // one image at a time is what clients send; the server puts together those that wait
    'dynamic_batching { }',
  ];
  await mkdir(out, { recursive: true }).catch((error: Error) => {
    throw new UserError(`cannot make the folder ${out}: ${error.message}`);
  });
  await writeFolderAtomically(join(out, name), {
    'config.pbtxt': `${config.join('\n')}\n`,
    ...(labels.length > 0 && { 'labels.txt': `${labels.join('\n')}\n` }),
    '1/model.onnx': [bytes],
  });
  return bytes.length;
};

const TYPES: { readonly [D in DType]: string } = {
  float32: 'TYPE_FP32',
  int8: 'TYPE_INT8',
  uint8: 'TYPE_UINT8',
  int32: 'TYPE_INT32',
  int64: 'TYPE_INT64',
  bool: 'TYPE_BOOL',
};

/** A ModelInput or ModelOutput; the server adds the axis of the batch, which dims leave out. */
function tensor(name: string, { dtype, shape }: Value, further: readonly (readonly [string, string])[] = []): string {
  const fields = [
    `name: ${quoted(name)}`,
    `data_type: ${TYPES[dtype]}`,
    `dims: [ ${shape.slice(1).join(', ')} ]`,
    ...further.map(([key, value]) => `${key}: ${quoted(value)}`),
  ];
  return `{\n${fields.map((field) => `  ${field}`).join('\n')}\n}`;
}

const quoted = (text: string): string => JSON.stringify(text);
