/**
 * The Open Inference Protocol, version 2, over HTTP: https://github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md,
 * and Triton's extension for binary tensors, docs/protocol/extension_binary_data.md of https://github.com/triton-inference-server/server
 */
import * as v from 'valibot';
import { whole } from '../../schema.js';

const Parameters = v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]));
const Shape = v.pipe(v.array(whole(0)), v.maxLength(8));
/** Numbers, flat or nested. Each is looked at where it is read; a schema for each would look at it twice. */
export const Data: v.GenericSchema<unknown[]> = v.instance(Array);
const Datatype = v.picklist(['UINT8', 'FP32']);

export const InferRequest = v.object({
  id: v.optional(v.pipe(v.string(), v.maxLength(256))),
  parameters: v.optional(Parameters),
  inputs: v.pipe(
    v.array(
      v.object({
        name: v.string(),
        shape: Shape,
        datatype: v.string(),
        parameters: v.optional(Parameters),
        data: v.optional(Data),
      }),
    ),
    v.minLength(1),
    v.maxLength(16),
  ),
  outputs: v.optional(
    v.pipe(v.array(v.object({ name: v.string(), parameters: v.optional(Parameters) })), v.maxLength(16)),
  ),
});
export type InferRequest = v.InferOutput<typeof InferRequest>;

export const InferResponse = v.object({
  model_name: v.string(),
  model_version: v.string(),
  id: v.optional(v.string()),
  outputs: v.array(
    v.object({
      name: v.string(),
      shape: Shape,
      datatype: Datatype,
      parameters: v.optional(Parameters),
      data: v.optional(Data),
    }),
  ),
});

const TensorMetadata = v.object({ name: v.string(), datatype: Datatype, shape: v.array(whole(-1)) });

export const ModelMetadata = v.object({
  name: v.string(),
  versions: v.array(v.string()),
  platform: v.string(),
  inputs: v.array(TensorMetadata),
  outputs: v.array(TensorMetadata),
});

export const ServerMetadata = v.object({ name: v.string(), version: v.string(), extensions: v.array(v.string()) });
export const Live = v.object({ live: v.boolean() });
export const Ready = v.object({ ready: v.boolean() });
export const ModelReady = v.object({ name: v.string(), ready: v.boolean() });
export const Failure = v.object({ error: v.string() });
