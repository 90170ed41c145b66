/** The messages of a ModelProto, one by one, as graphs fill them. */
import { create } from '@bufbuild/protobuf';
import type { DType, InputValue, ParameterValue, Shape, Value } from '../graph/index.js';
import type { ExternalData } from './external.js';
import {
  AttributeProto_AttributeType as Kind,
  type NodeProto,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './proto/onnx_pb.js';
import { type Carrier, dataTypes, type Plain } from './schema.js';

/** One message, filled by kind; implicit zeros are written all the same, as some readers look for the field. */
export function attribute(name: string, as: Exclude<Carrier['as'], 'input'>, value: Plain) {
  const fields = {
    int: () => ({ type: Kind.INT, i: BigInt(value as number) }),
    ints: () => ({ type: Kind.INTS, ints: (value as readonly number[]).map(BigInt) }),
    float: () => ({ type: Kind.FLOAT, f: value as number }),
    floats: () => ({ type: Kind.FLOATS, floats: [...(value as readonly number[])] }),
    string: () => ({ type: Kind.STRING, s: new TextEncoder().encode(value as string) }),
    type: () => ({ type: Kind.INT, i: BigInt(dataTypes[value as DType]) }),
  };
  return { name, ...fields[as]() };
}

export const castTo = (type: number, from: string, to: string): NodeProto =>
  create(NodeProtoSchema, {
    opType: 'Cast',
    name: `${to}/Cast`,
    input: [from],
    output: [to],
    attribute: [{ name: 'to', type: Kind.INT, i: BigInt(type) }],
  });

export const tensor = (
  name: string,
  { shape, type }: { shape: Shape; type: number },
  rawData?: Uint8Array,
): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dims: shape.map((d) => BigInt(d)),
    dataType: type,
    ...(rawData && { rawData }),
  });

/** An initialiser whose numbers lie elsewhere. */
export const reference = ({ source, shape, dtype }: ParameterValue, { location, offset, length }: ExternalData) =>
  create(TensorProtoSchema, {
    ...tensor(source.name, { shape, type: dataTypes[dtype] }),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries({ location, offset, length }).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value: `${value}` }),
    ),
  });

export const info = (name: string, { shape, dtype }: Value | InputValue | ParameterValue): ValueInfoProto =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: dataTypes[dtype],
          shape: {
            dim: shape.map((d) => ({
              value:
                typeof d === 'number'
                  ? { case: 'dimValue' as const, value: BigInt(d) }
                  : { case: 'dimParam' as const, value: d },
            })),
          },
        },
      },
    },
  });
