/**
 * The published protocol as facts: every call, message and field of specification/protocol/open_inference_grpc.proto at commit
 * 29ca333e3a6f86e2232108850a170696e28e256f of https://github.com/kserve/open-inference-protocol, by name, number and type. Written down apart from our own
 * proto, which is compared with it; the client of others is made of it.
 */

/** Call -> what it takes and gives. */
export const calls = {
  ServerLive: ['ServerLiveRequest', 'ServerLiveResponse'],
  ServerReady: ['ServerReadyRequest', 'ServerReadyResponse'],
  ModelReady: ['ModelReadyRequest', 'ModelReadyResponse'],
  ServerMetadata: ['ServerMetadataRequest', 'ServerMetadataResponse'],
  ModelMetadata: ['ModelMetadataRequest', 'ModelMetadataResponse'],
  ModelInfer: ['ModelInferRequest', 'ModelInferResponse'],
} as const;

/** Message -> its fields: `number name type`, where `[]` is repeated, `<>` a map from strings, and `|` one of several. */
export const messages: Readonly<Record<string, readonly string[]>> = {
  ServerLiveRequest: [],
  ServerLiveResponse: ['1 live bool'],
  ServerReadyRequest: [],
  ServerReadyResponse: ['1 ready bool'],
  ModelReadyRequest: ['1 name string', '2 version string'],
  ModelReadyResponse: ['1 ready bool'],
  ServerMetadataRequest: [],
  ServerMetadataResponse: ['1 name string', '2 version string', '3 extensions string[]'],
  ModelMetadataRequest: ['1 name string', '2 version string'],
  ModelMetadataResponse: [
    '1 name string',
    '2 versions string[]',
    '3 platform string',
    '4 inputs ModelMetadataResponse.TensorMetadata[]',
    '5 outputs ModelMetadataResponse.TensorMetadata[]',
  ],
  'ModelMetadataResponse.TensorMetadata': ['1 name string', '2 datatype string', '3 shape int64[]'],
  ModelInferRequest: [
    '1 model_name string',
    '2 model_version string',
    '3 id string',
    '4 parameters <InferParameter>',
    '5 inputs ModelInferRequest.InferInputTensor[]',
    '6 outputs ModelInferRequest.InferRequestedOutputTensor[]',
    '7 raw_input_contents bytes[]',
  ],
  'ModelInferRequest.InferInputTensor': [
    '1 name string',
    '2 datatype string',
    '3 shape int64[]',
    '4 parameters <InferParameter>',
    '5 contents InferTensorContents',
  ],
  'ModelInferRequest.InferRequestedOutputTensor': ['1 name string', '2 parameters <InferParameter>'],
  ModelInferResponse: [
    '1 model_name string',
    '2 model_version string',
    '3 id string',
    '4 parameters <InferParameter>',
    '5 outputs ModelInferResponse.InferOutputTensor[]',
    '6 raw_output_contents bytes[]',
  ],
  'ModelInferResponse.InferOutputTensor': [
    '1 name string',
    '2 datatype string',
    '3 shape int64[]',
    '4 parameters <InferParameter>',
    '5 contents InferTensorContents',
  ],
  InferParameter: [
    '1 bool_param bool |parameter_choice',
    '2 int64_param int64 |parameter_choice',
    '3 string_param string |parameter_choice',
    '4 double_param double |parameter_choice',
    '5 uint64_param uint64 |parameter_choice',
  ],
  InferTensorContents: [
    '1 bool_contents bool[]',
    '2 int_contents int32[]',
    '3 int64_contents int64[]',
    '4 uint_contents uint32[]',
    '5 uint64_contents uint64[]',
    '6 fp32_contents float[]',
    '7 fp64_contents double[]',
    '8 bytes_contents bytes[]',
  ],
};

/** The same as the text of a proto, of which others' tools make clients. */
export function publishedProto(): string {
  const scalar = (field: string): string => {
    const [number, name, type] = field.split(' ') as [string, string, string];
    const map = /^<(.+)>$/.exec(type)?.[1];
    if (map) return `map<string, ${map}> ${name} = ${number};`;
    const plain = type.replace('[]', '');
    return `${type.endsWith('[]') ? 'repeated ' : ''}${plain} ${name} = ${number};`;
  };
  const body = (name: string): string => {
    const nested = Object.keys(messages).filter((other) => other.startsWith(`${name}.`));
    const fields = messages[name]!;
    const choice = fields.map((field) => / \|(\w+)$/.exec(field)?.[1]).find(Boolean);
    const lines = fields.map(scalar).join('\n');
    const inner = nested.map((one) => `message ${one.slice(name.length + 1)} {\n${body(one)}\n}`);
    return [...inner, choice ? `oneof ${choice} {\n${lines}\n}` : lines].join('\n');
  };
  const tops = Object.keys(messages).filter((name) => !name.includes('.'));
  const rpcs = Object.entries(calls).map(([name, [takes, gives]]) => `rpc ${name}(${takes}) returns (${gives}) {}`);
  return [
    'syntax = "proto3";',
    'package inference;',
    `service GRPCInferenceService {\n${rpcs.join('\n')}\n}`,
    ...tops.map((name) => `message ${name} {\n${body(name)}\n}`),
  ].join('\n');
}
