/** Our proto beside the published one: the same calls, messages, names, numbers and types, and no others. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { file_inference, GRPCInferenceService } from '../../src/serve/protocol/grpc/inference_pb.js';
import { calls, messages } from './published.js';

const PACKAGE = 'inference.';
const shortOf = ({ typeName }: { readonly typeName: string }) => typeName.slice(PACKAGE.length);
const scalarName = (scalar: ScalarType) => ScalarType[scalar]!.toLowerCase();

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case 'scalar':
      return scalarName(field.scalar);
    case 'message':
      return shortOf(field.message);
    case 'list':
      return `${field.listKind === 'scalar' ? scalarName(field.scalar) : field.listKind === 'message' ? shortOf(field.message) : '?'}[]`;
    case 'map':
      assert.equal(field.mapKey, ScalarType.STRING);
      return `<${field.mapKind === 'message' ? shortOf(field.message) : '?'}>`;
    default:
      return '?';
  }
}

const fieldsOf = ({ fields }: DescMessage): readonly string[] =>
  fields.map((field) => `${field.number} ${field.name} ${typeOf(field)}${field.oneof ? ` |${field.oneof.name}` : ''}`);

const everyMessage = (all: readonly DescMessage[]): readonly DescMessage[] =>
  all.flatMap((message) => [message, ...everyMessage(message.nestedMessages)]);

describe('the protocol as a file', () => {
  it('has the messages that were published, field by field', () => {
    const ours = everyMessage(file_inference.messages).map((message) => [shortOf(message), fieldsOf(message)]);
    assert.deepEqual(Object.fromEntries(ours), messages);
  });

  it('has the calls that were published', () => {
    assert.equal(GRPCInferenceService.typeName, `${PACKAGE}GRPCInferenceService`);
    const ours = GRPCInferenceService.methods.map(({ name, input, output, methodKind }) => {
      assert.equal(methodKind, 'unary');
      return [name, [shortOf(input), shortOf(output)]];
    });
    assert.deepEqual(Object.fromEntries(ours), calls);
  });
});
