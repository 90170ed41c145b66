/** ModelInfer: tensors as protobuf has them, raw or in the field of their type. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Port } from '../../engine.js';
import { HttpError } from '../../http-error.js';
import type { ServedModel } from '../../served-model.js';
import {
  bytesOf,
  checkOutputs,
  columnsOf,
  describe,
  fromBytes,
  fromNumbers,
  type GivenInput,
  joined,
  type Numbers,
  rowsOf,
  toBytes,
} from '../tensors.js';
import type { InferTensorContents, ModelInferRequest, ModelInferResponseSchema } from './inference_pb.js';

type Field = 'uintContents' | 'fp32Contents';
const fields: { readonly [D in Port['dtype']]?: Field } = { uint8: 'uintContents', float32: 'fp32Contents' };
const fieldOf = ({ dtype }: Port): Field => fields[dtype]!;

/** Microseconds that a request asks for, as Triton has it. */
export function timeoutOf({ parameters: { timeout } }: ModelInferRequest): number | undefined {
  const { value } = timeout?.parameterChoice ?? {};
  const asked = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : 0;
  return asked > 0 ? asked : undefined;
}

/**
 * Answers raw where the request is raw, and in fields where it has fields.
 * @throws HttpError 400 for requests that are not what the model takes
 */
export async function infer(
  model: ServedModel,
  { request, version }: { readonly request: ModelInferRequest; readonly version: string },
  signal: AbortSignal,
): Promise<MessageInitShape<typeof ModelInferResponseSchema>> {
  const { inputs, output } = model.main;
  checkOutputs(output, request.outputs);
  const answers = await model.infer(rowsOf(columnsOf(inputs, given(request))), signal);
  const isRaw = request.rawInputContents.length > 0;
  const { shape, ...described } = describe(output, answers);
  return {
    modelName: request.modelName,
    modelVersion: version,
    id: request.id,
    outputs: [
      {
        ...described,
        shape: shape.map(BigInt),
        ...(!isRaw && { contents: { [fieldOf(output)]: Array.from(joined(answers)) } }),
      },
    ],
    ...(isRaw && { rawOutputContents: [toBytes(answers)] }),
  };
}

function given({ inputs, rawInputContents: raw }: ModelInferRequest): GivenInput[] {
  if (inputs.length === 0) throw new HttpError(400, 'expected inputs, got none');
  if (raw.length > 0 && raw.length !== inputs.length)
    throw new HttpError(400, `expected raw_input_contents for each of ${inputs.length} inputs, got ${raw.length}`);
  return inputs.map(({ name, datatype, shape, contents }, i) => ({
    name,
    datatype,
    shape: shape.map(Number),
    read(port, length) {
      const bytes = raw[i];
      if ((bytes === undefined) === (contents === undefined))
        throw new HttpError(400, `expected ${name} either as contents or as raw_input_contents, once`);
      return bytes ? ofSize(port, bytes, length) : inField(port, contents!, length);
    },
  }));
}

function ofSize(port: Port, bytes: Uint8Array, length: number): Numbers {
  const needed = bytesOf(port, length);
  if (bytes.length === needed) return fromBytes(port, bytes);
  throw new HttpError(400, `expected ${needed} bytes for ${port.name}, got ${bytes.length}`);
}

function inField(port: Port, contents: InferTensorContents, length: number): Numbers {
  const numbers = contents[fieldOf(port)];
  if (numbers.length === length) return fromNumbers(port, numbers, length);
  const name = fieldOf(port).replace('Contents', '_contents');
  throw new HttpError(400, `expected ${length} numbers for ${port.name} in ${name}, got ${numbers.length}`);
}
