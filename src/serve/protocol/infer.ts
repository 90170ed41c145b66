/** POST …/infer: tensors in, tensors out. */
import { checkedJson } from '../checked.js';
import { HttpError } from '../http-error.js';
import { type Asked, json } from '../operation.js';
import type { ServedModel } from '../served-model.js';
import { InferRequest } from './schemas.js';
import { readInput, rowOf, writeOutput } from './tensors.js';

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
  const { output } = model.main;
  const isBinary = binaryOutput(request, output.name);
  const rows = rowsOf(model, request, bytes);
  const answers = await model.infer(rows, asked.signal);
  const written = writeOutput(output, answers, isBinary);
  const answer = {
    model_name: names.name,
    model_version: names.version,
    ...(request.id !== undefined && { id: request.id }),
    outputs: [written.output],
  };
  if (!isBinary) return json(answer);
  const text = Buffer.from(JSON.stringify(answer));
  return new Response(Buffer.concat([text, ...written.bytes]), {
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

function rowsOf({ main }: ServedModel, { inputs }: InferRequest, bytes: Uint8Array) {
  const known = new Map(main.inputs.map((port) => [port.name, port]));
  let left = bytes;
  const given = inputs.map((input) => {
    const port = known.get(input.name);
    if (!port)
      throw new HttpError(400, `no input is called '${input.name}': expected ${[...known.keys()].join(', ')}, once`);
    known.delete(input.name);
    const { given, rest } = readInput(port, input, left);
    left = rest;
    return [input.name, given] as const;
  });
  if (known.size > 0) throw new HttpError(400, `the input ${[...known.keys()].join(', ')} is missing`);
  if (left.length > 0) throw new HttpError(400, `${left.length} bytes stand behind the JSON that no input names`);
  const [[, { rows }]] = given as [(typeof given)[number]];
  return Array.from({ length: rows }, (_, i) => Object.fromEntries(given.map(([name, all]) => [name, rowOf(all, i)])));
}

/** Whether the output is wanted as bytes. @throws HttpError 400 for outputs that there are not */
function binaryOutput({ outputs = [], parameters = {} }: InferRequest, name: string): boolean {
  const other = outputs.find((output) => output.name !== name);
  if (other) throw new HttpError(400, `no output is called '${other.name}': expected ${name}`);
  return (outputs[0]?.parameters?.binary_data ?? parameters.binary_data_output) === true;
}
