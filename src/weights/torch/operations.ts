/** The opcodes of pickles that checkpoints are made of, protocols 2 to 5: https://docs.python.org/3/library/pickletools.html */
import type { Machine } from './machine.js';
import { Global, Inert, kindOf, Tuple, type Value } from './values.js';

type Operation = (machine: Machine) => void;

/** Integers of more bytes than this have no place in a checkpoint. PyTorch's magic number has 10. */
const MAX_INTEGER_BYTES = 32;
const MAX_PROTOCOL = 5;

const tuple =
  (length: number): Operation =>
  (m) => {
    const items = Array.from({ length }, () => m.pop()).reverse();
    m.push(new Tuple(items));
  };

/** Little-endian, two's complement. */
function integer(m: Machine, length: number): Value {
  if (length > MAX_INTEGER_BYTES) throw m.fail(`its pickle has an integer of ${length} bytes`);
  const bytes = m.take(length);
  const value = bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const signed = BigInt.asIntN(8 * Math.max(length, 1), value);
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}

function append(m: Machine, items: readonly Value[]): void {
  const list = m.top();
  if (!Array.isArray(list)) throw m.fail(`its pickle appends to ${kindOf(list)}`);
  m.grow(items.length);
  for (const item of items) list.push(item);
}

function setItems(m: Machine, items: readonly Value[]): void {
  const dict = m.top();
  if (!(dict instanceof Map)) throw m.fail(`its pickle sets items of ${kindOf(dict)}`);
  if (items.length % 2 !== 0) throw m.fail('its pickle has a key without a value: it is damaged');
  m.grow(2 * items.length);
  for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
}

/** Calls a global of the table; anything else, such as what another call made, is refused. */
function call(m: Machine, callee: Value, given: Value): void {
  if (!(callee instanceof Global))
    throw m.fail(`its pickle calls ${kindOf(callee)}, which nothing in a checkpoint does`);
  if (!callee.call || !(given instanceof Tuple))
    throw m.fail(`its pickle calls ${callee.name} with ${kindOf(given)}, which nothing in a checkpoint does`);
  // what walks a long list counts as much as what makes one
  m.grow(given.items.reduce<number>((sum, item) => sum + (Array.isArray(item) ? item.length : 0), 0));
  try {
    m.push(callee.call(given.items));
  } catch (error) {
    if (error instanceof TypeError) throw m.fail(`its pickle calls ${callee.name} wrongly: ${error.message}`);
    throw error;
  }
}

/** State of an object. Dicts have some too (_metadata of a state_dict), which says nothing about weights. */
function build(m: Machine): void {
  const state = m.pop();
  const target = m.top();
  if (target instanceof Inert) target.state = state;
  else if (!(target instanceof Map)) throw m.fail(`its pickle sets the state of ${kindOf(target)}`);
}

/** Opcode -> what it does. */
export const OPERATIONS: Readonly<Record<number, Operation>> = {
  // the program itself
  128: (m) => {
    const protocol = m.unsigned(1);
    if (protocol > MAX_PROTOCOL) throw m.fail(`its pickle is of protocol ${protocol}; known are up to ${MAX_PROTOCOL}`);
  },
  149: (m) => void m.unsigned(8), // FRAME: how much to read ahead
  46: (m) => m.stop(),
  // constants
  78: (m) => m.push(null),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  // numbers: BININT, BININT1, BININT2, LONG1, LONG4, BINFLOAT
  74: (m) => m.push(m.signed()),
  75: (m) => m.push(m.unsigned(1)),
  77: (m) => m.push(m.unsigned(2)),
  138: (m) => m.push(integer(m, m.unsigned(1))),
  139: (m) => m.push(integer(m, m.unsigned(4))),
  71: (m) => m.push(m.double()),
  // text: BINUNICODE, SHORT_BINUNICODE, BINUNICODE8; Python 2's BINSTRING, SHORT_BINSTRING
  88: (m) => m.push(m.text(m.unsigned(4))),
  140: (m) => m.push(m.text(m.unsigned(1))),
  141: (m) => m.push(m.text(m.unsigned(8))),
  84: (m) => m.push(m.text(m.unsigned(4))),
  85: (m) => m.push(m.text(m.unsigned(1))),
  // bytes, as views of the pickle: BINBYTES, SHORT_BINBYTES, BINBYTES8, BYTEARRAY8
  66: (m) => m.push(m.take(m.unsigned(4))),
  67: (m) => m.push(m.take(m.unsigned(1))),
  142: (m) => m.push(m.take(m.unsigned(8))),
  150: (m) => m.push(m.take(m.unsigned(8))),
  // tuples
  41: tuple(0),
  133: tuple(1),
  134: tuple(2),
  135: tuple(3),
  116: (m) => m.push(new Tuple(m.popMark())),
  // lists: EMPTY_LIST, APPEND, APPENDS; sets are kept as lists: EMPTY_SET, ADDITEMS, FROZENSET
  93: (m) => m.push([]),
  97: (m) => append(m, [m.pop()]),
  101: (m) => append(m, m.popMark()),
  143: (m) => m.push([]),
  144: (m) => append(m, m.popMark()),
  145: (m) => m.push(m.popMark()),
  // dicts: EMPTY_DICT, SETITEM, SETITEMS
  125: (m) => m.push(new Map()),
  115: (m) => setItems(m, [m.pop(), m.pop()].reverse()),
  117: (m) => setItems(m, m.popMark()),
  // the stack: POP, POP_MARK, MARK
  48: (m) => void m.pop(),
  49: (m) => void m.popMark(),
  40: (m) => m.mark(),
  // the memo: BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
  113: (m) => m.remember(m.unsigned(1)),
  114: (m) => m.remember(m.unsigned(4)),
  148: (m) => m.rememberNext(),
  104: (m) => m.recall(m.unsigned(1)),
  106: (m) => m.recall(m.unsigned(4)),
  // names: GLOBAL, STACK_GLOBAL, BINPERSID
  99: (m) => m.global(m.line(), m.line()),
  147: (m) => {
    const [name, module] = [m.pop(), m.pop()];
    if (typeof name !== 'string' || typeof module !== 'string')
      throw m.fail(`its pickle names a global by ${kindOf(module)} and ${kindOf(name)}`);
    m.global(module, name);
  },
  81: (m) => m.persistent(m.pop()),
  // objects: REDUCE, NEWOBJ, NEWOBJ_EX, BUILD
  82: (m) => {
    const given = m.pop();
    call(m, m.pop(), given);
  },
  129: (m) => {
    const given = m.pop();
    call(m, m.pop(), given);
  },
  146: (m) => {
    m.pop(); // arguments by keyword
    const given = m.pop();
    call(m, m.pop(), given);
  },
  98: build,
};

/** Opcodes that are pickle's, but not a checkpoint's: for messages. */
export const REFUSED: Readonly<Record<number, string>> = {
  50: 'DUP',
  70: 'FLOAT',
  73: 'INT',
  76: 'LONG',
  80: 'PERSID',
  83: 'STRING',
  86: 'UNICODE',
  100: 'DICT',
  103: 'GET',
  105: 'INST',
  108: 'LIST',
  111: 'OBJ',
  112: 'PUT',
  130: 'EXT1',
  131: 'EXT2',
  132: 'EXT4',
  151: 'NEXT_BUFFER',
  152: 'READONLY_BUFFER',
};
