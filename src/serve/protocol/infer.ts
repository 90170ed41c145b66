/** POST …/infer: tensors in, tensors out. */
import { checkedJson } from '../checked.js';
import type { Port } from '../engine.js';
import { HttpError } from '../http-error.js';
import { type Asked, json } from '../operation.js';
import type { ServedModel } from '../served-model.js';
import { InferRequest } from './schemas.js';
import {
  bytesOf,
  checkOutputs,
  describe,
  fromBytes,
  fromNumbers,
  type GivenInput,
  type Numbers,
  rowsOf,
  toBytes,
  toNumbers,
} from './tensors.js';

/** Names the length of the JSON, where bytes of tensors stand behind it. */
const LENGTH = 'Inference-Header-Content-Length';

/** @throws HttpError 400 for requests that are not what the model takes */
export async function infer(
  model: ServedModel,
  names: { name: string; version: string },
  asked: Asked,
): Promise<Response> {
  const { header, bytes } = split(await asked.body(), asked.request.headers.get(LENGTH));
  const request = checkedJson(InferRequest, header, 'an inference request');
  const { timeout } = request.parameters ?? {};
  if (typeof timeout === 'number' && timeout > 0) asked.within(timeout / 1000); // Triton's, in microseconds
  const { inputs, output } = model.main;
  const isBinary = binaryOutput(request);
  checkOutputs(output, request.outputs ?? []);
  const answers = await model.infer(rowsOf(inputs, given(request, bytes)), asked.signal);
  const described = describe(output, answers);
  const answer = (more: object) => ({
    model_name: names.name,
    model_version: names.version,
    ...(request.id !== undefined && { id: request.id }),
    outputs: [{ ...described, ...more }],
  });
  if (!isBinary) return json(answer({ data: toNumbers(answers) }));
  const tensor = toBytes(answers);
  const text = Buffer.from(JSON.stringify(answer({ parameters: { binary_data_size: tensor.length } })));
  return new Response(Buffer.concat([text, tensor]), {
    headers: { 'Content-Type': 'application/octet-stream', [LENGTH]: `${text.length}` },
  });
}

/** The JSON, and the bytes behind it. */
function split(body: Uint8Array, length: string | null) {
  if (length === null) return { header: body, bytes: body.subarray(body.length) };
  const at = /^\d+$/.test(length) ? Number(length) : Number.NaN;
  if (!(at <= body.length))
    throw new HttpError(400, `expected ${LENGTH} of 0 to ${body.length}, got ${length.slice(0, 20)}`);
  return { header: body.subarray(0, at), bytes: body.subarray(at) };
}

/** Inputs whose numbers stand in the JSON, or one after the other behind it. */
function given({ inputs }: InferRequest, bytes: Uint8Array): GivenInput[] {
  let left = bytes;
  const behind = (port: Port, size: unknown, length: number): Numbers => {
    const needed = bytesOf(port, length);
    if (size !== needed || left.length < needed)
      throw new HttpError(
        400,
        `expected ${needed} bytes for ${port.name}, got binary_data_size ${size} with ${left.length} bytes behind the JSON`,
      );
    const mine = left.subarray(0, needed);
    left = left.subarray(needed);
    return fromBytes(port, mine);
  };
  return inputs.map(({ name, datatype, shape, data, parameters: { binary_data_size: size } = {} }, i) => ({
    name,
    datatype,
    shape,
    read(port, length) {
      if ((data === undefined) === (size === undefined))
        throw new HttpError(400, `expected either data or binary_data_size for ${name}, got ${data ? 'both' : 'none'}`);
      const numbers = data ? fromNumbers(port, flat(data, port), length) : behind(port, size, length);
      if (i === inputs.length - 1 && left.length > 0)
        throw new HttpError(400, `${left.length} bytes stand behind the JSON that no input names`);
      return numbers;
    },
  }));
}

const flat = (data: readonly unknown[], { shape }: Port): readonly unknown[] =>
  data.some(Array.isArray) ? data.flat(shape.length) : data;

/** Whether the output is wanted as bytes. */
const binaryOutput = ({ outputs = [], parameters = {} }: InferRequest): boolean =>
  (outputs[0]?.parameters?.binary_data ?? parameters.binary_data_output) === true;
