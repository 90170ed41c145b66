/** What protobuf bytes would become in memory, told before any object is made of them: two bytes can be a message, which is some hundred here. */
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

export interface Most {
  /** Messages, texts and whole numbers of 64 bits in lists. */
  readonly objects: number;
  /** Messages within messages. */
  readonly levels: number;
}

/** What bytes have too much of, if anything. @throws Error for bytes that are cut off */
export function excessOf(bytes: Uint8Array, message: DescMessage, most: Most): keyof Most | undefined {
  return walk(bytes, message, { most, objects: 0, level: 1 });
}

interface Walk {
  readonly most: Most;
  objects: number;
  level: number;
}

function walk(bytes: Uint8Array, { fields }: DescMessage, state: Walk): keyof Most | undefined {
  if (state.level > state.most.levels) return 'levels';
  const byNumber = new Map(fields.map((field) => [field.number, field]));
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = byNumber.get(number);
    const content = field && wire === WireType.LengthDelimited ? reader.bytes() : undefined;
    if (!content) reader.skip(wire, number);
    const inner = field && content && messageOf(field);
    if (field) state.objects += content && !inner ? numbersIn(field, content) : 1;
    if (state.objects > state.most.objects) return 'objects';
    if (!inner) continue;
    state.level++;
    const excess = walk(content, inner, state);
    if (excess) return excess;
    state.level--;
  }
  return undefined;
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
