/** ModelProto bytes -> graph and weights. */
import { fromBinary } from '@bufbuild/protobuf';
import { UserError } from '../errors.js';
import { type Graph, input, parametersOf, type Shape } from '../graph/index.js';
import { refuseExcess } from './measure.js';
import { isKnownOp, readNode } from './nodes.js';
import { type GraphProto, type ModelProto, ModelProtoSchema } from './proto/onnx_pb.js';
import { schema } from './schema.js';
import { dtypeOfCode, tensorOf } from './tensors.js';
import { Values, type Weight } from './values.js';

/** What an ONNX file holds. */
export interface OnnxModel {
  readonly graph: Graph;
  /** Values of the graph's parameters by name. */
  readonly weights: ReadonlyMap<string, Weight>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** How a file is read. */
export interface ReadOptions {
  /** Height and width of images, where the file leaves them free; without it such a file is refused by the first operator that asks. */
  readonly size?: readonly [height: number, width: number];
}

/**
 * Reads an ONNX file as a graph that can be run, differentiated and exported again. Float initialisers become parameters, those of
 * running statistics tracked ones; scalars, whole numbers and Constant nodes become constants and attributes. Floats of 16 and 64
 * bits become float32. What a file computes of shapes and constants is computed here.
 * @throws UserError that lists every operator which is not supported, with its node, or names the node whose attributes are not.
 */
export function readOnnx(bytes: Uint8Array, options: ReadOptions = {}): OnnxModel {
  const model = parsed(bytes);
  const proto = model.graph;
  if (!proto) throw new UserError('not an ONNX file: it holds no graph');
  refuseUnknown(proto);
  const outputNames = new Set(proto.output.map(({ name }) => name));
  const values = new Values({
    isStatistic: statisticsOf(proto),
    isOutput: (name) => outputNames.has(name),
  });
  for (const initializer of proto.initializer) values.initialise(initializer.name, tensorOf(initializer));
  for (const { name, type } of proto.input) {
    if (values.has(name)) continue; // before IR version 4, initialisers stood among the inputs too
    const code = type?.value.case === 'tensorType' ? type.value.value.elemType : 0;
    values.set(name, input(name, shapeOf(name, type, options), dtypeOfCode(code, `input ${name}`)));
  }
  const opset = opsetOf(model);
  for (const node of proto.node)
    try {
      readNode(node, values, opset);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`node ${node.name || 'without name'}: ${error.message}`);
    }
  const outputs = Object.fromEntries(proto.output.map(({ name }) => [name, values.value(name, 'the graph')]));
  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  const graph = { name: proto.name, outputs };
  const used = parametersOf(graph).map(({ source: { name } }) => [name, values.weights.get(name)!] as const);
  return { graph, weights: new Map(used), metadata };
}

function parsed(bytes: Uint8Array): ModelProto {
  try {
    refuseExcess(bytes, ModelProtoSchema);
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    throw new UserError(`not an ONNX file: ${(error as Error).message}`);
  }
}

const opsetOf = ({ opsetImport }: ModelProto): number =>
  Number(opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0n);

/** Whether a name is the mean or the variance of a normalisation, maybe through an Identity. */
function statisticsOf({ node }: GraphProto): (name: string) => boolean {
  const names = new Set(
    node.flatMap(({ opType, input }) => (opType === 'BatchNormalization' ? [input[3], input[4]] : [])),
  );
  return (name) => names.has(name);
}

const LISTED = 10;

function refuseUnknown(proto: GraphProto): void {
  const unknown = proto.node.filter(
    ({ opType, domain }) => (domain !== '' && domain !== 'ai.onnx') || !isKnownOp(opType),
  );
  if (unknown.length === 0) return;
  const list = unknown
    .slice(0, LISTED)
    .map(({ opType, domain, name }) => `${domain ? `${domain}.` : ''}${opType} (${name || 'unnamed'})`);
  throw new UserError(
    `${unknown.length} node(s) use operators that this program does not know: ${list.join(', ')}${unknown.length > LISTED ? ', …' : ''}. Supported: ${Object.keys(schema).join(', ')}`,
  );
}

/** Sizes as the file states them; of images [n, c, h, w] whose size is free, that of the options. */
function shapeOf(name: string, type: GraphProto['input'][number]['type'], { size }: ReadOptions): Shape {
  const dims = type?.value.case === 'tensorType' ? type.value.value.shape?.dim : undefined;
  if (!dims) throw new UserError(`input ${name} has no shape; export the model with shapes`);
  if (dims.length > 16) throw new UserError(`input ${name} has ${dims.length} axes; expected 16 at most`);
  return dims.map(({ value }, i) => {
    if (value.case === 'dimValue' && value.value > 0n) return Number(value.value);
    const given = dims.length === 4 ? size?.[i - 2] : undefined;
    return given ?? ((value.case === 'dimParam' && value.value) || `${name}_${i}`);
  });
}
