/** POST …/infer: tensors in, tensors out. */
import { HttpError } from '../http-error.js';
import { type Asked, json } from '../operation.js';
import type { ServedModel } from '../served-model.js';
import type { Threads } from '../threads/index.js';
import { INLINE } from '../threads/jobs.js';
import { type InferBody, type Read, readTensors } from './read.js';
import { describe, joined, type Numbers, rowsOf, toBytes } from './tensors.js';

/** Names the length of the JSON, where bytes of tensors stand behind it. */
const LENGTH = 'Inference-Header-Content-Length';

export interface Inference {
  readonly model: ServedModel;
  readonly name: string;
  readonly version: string;
  readonly threads: Threads;
}

/**
 * Much JSON is read and written in other threads.
 * @throws HttpError 400 for requests that are not what the model takes
 */
export async function infer({ model, name, version, threads }: Inference, asked: Asked): Promise<Response> {
  model.check();
  const { inputs, output } = model.main;
  const body = await asked.body();
  const { signal } = asked;
  const given: InferBody = { ...split(body, asked.request.headers.get(LENGTH)), inputs, output };
  const { id, timeout, isBinary, columns }: Read =
    given.header.length > INLINE
      ? await threads.call('readTensors', given, { signal, moved: [body] })
      : readTensors(given);
  if (timeout !== undefined) asked.within(timeout / 1000); // Triton's, in microseconds
  const answers: readonly Numbers[] = await model.infer(rowsOf(columns), signal);
  const described = describe(output, answers);
  const answer = (more: object) => ({
    model_name: name,
    model_version: version,
    ...(id !== undefined && { id }),
    outputs: [{ ...described, ...more }],
  });
  if (isBinary) {
    const tensor = toBytes(answers);
    const text = Buffer.from(JSON.stringify(answer({ parameters: { binary_data_size: tensor.length } })));
    return new Response(Buffer.concat([text, tensor]), {
      headers: { 'Content-Type': 'application/octet-stream', [LENGTH]: `${text.length}` },
    });
  }
  const numbers = joined(answers);
  if (numbers.length <= INLINE / 8) return json(answer({ data: Array.from(numbers) }));
  const written = { frame: JSON.stringify(answer({ data: [] })), numbers };
  return new Response(await threads.call('writeNumbers', written, { signal }), {
    headers: { 'Content-Type': 'application/json' },
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
