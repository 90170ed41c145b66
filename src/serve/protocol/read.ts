/** Inference requests out of JSON, with the bytes of tensors behind it. */
import { checkedJson } from '../checked.js';
import type { Port } from '../engine.js';
import { HttpError } from '../http-error.js';
import { InferRequest } from './schemas.js';
import {
  bytesOf,
  type Columns,
  checkOutputs,
  columnsOf,
  fromBytes,
  fromNumbers,
  type GivenInput,
  type Numbers,
} from './tensors.js';

export interface InferBody {
  /** JSON. */
  readonly header: Uint8Array;
  /** What stands behind it. */
  readonly bytes: Uint8Array;
  /** What the model takes and gives. */
  readonly inputs: readonly Port[];
  readonly output: Port;
}

/** What a request asks for. */
export interface Read {
  readonly id: string | undefined;
  /** Microseconds that it may take. */
  readonly timeout: number | undefined;
  /** Whether the output is wanted as bytes. */
  readonly isBinary: boolean;
  readonly columns: Columns;
}

/** @throws HttpError 400 for requests that are not what the model takes */
export function readTensors({ header, bytes, inputs, output }: InferBody): Read {
  const request = checkedJson(InferRequest, header, 'an inference request');
  const { timeout } = request.parameters ?? {};
  checkOutputs(output, request.outputs ?? []);
  return {
    id: request.id,
    timeout: typeof timeout === 'number' && timeout > 0 ? timeout : undefined,
    isBinary: binaryOutput(request),
    columns: columnsOf(inputs, given(request, bytes)),
  };
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
