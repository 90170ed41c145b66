/**
 * What a file would become in memory, told from its bytes before any object is made of them. Tensors keep their size; but two
 * bytes can be a node, and a node is some hundred bytes here.
 */
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { UserError } from '../errors.js';

/** Messages, texts and whole numbers in lists: a ResNet of 1,001 layers has some 60,000. */
const MOST_OBJECTS = 400_000;
/** Levels of messages: a model's graph, its nodes, their attributes and tensors are four. */
const MOST_LEVELS = 24;

interface Counted {
  objects: number;
}

/** @throws UserError for bytes that hold more than a model has, or nest deeper */
export function refuseExcess(bytes: Uint8Array, message: DescMessage): void {
  count(bytes, message, { objects: 0 }, 1);
}

function count(bytes: Uint8Array, { fields }: DescMessage, counted: Counted, level: number): void {
  if (level > MOST_LEVELS) throw new UserError(`it nests deeper than ${MOST_LEVELS} levels, which no model does`);
  const byNumber = new Map(fields.map((field) => [field.number, field]));
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = byNumber.get(number);
    if (!field || wire !== WireType.LengthDelimited) {
      if (field) more(counted, 1);
      reader.skip(wire, number);
      continue;
    }
    const content = reader.bytes();
    const inner = messageOf(field);
    more(counted, inner ? 1 : numbersIn(field, content));
    if (inner) count(content, inner, counted, level + 1);
  }
}

const messageOf = (field: DescField): DescMessage | undefined =>
  field.fieldKind === 'message' || (field.fieldKind === 'list' && field.listKind === 'message')
    ? field.message
    : undefined;

/** Objects that a packed list becomes: whole numbers of 64 bits are one each, at a byte or more; all others lie in an array. */
const numbersIn = (field: DescField, { length }: Uint8Array): number =>
  field.fieldKind === 'list' && field.listKind === 'scalar' && INT64.has(field.scalar) ? length : 1;

/** int64, uint64, sint64 among protobuf's scalar types. */
const INT64: ReadonlySet<number> = new Set([3, 4, 18]);

function more(counted: Counted, objects: number): void {
  counted.objects += objects;
  if (counted.objects > MOST_OBJECTS)
    throw new UserError(
      `it holds more than ${MOST_OBJECTS.toLocaleString('en')} nodes, attributes and numbers in lists, which no model of this kind does`,
    );
}
