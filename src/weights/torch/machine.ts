/**
 * Reading pickles without executing anything: https://docs.python.org/3/library/pickletools.html
 *
 * A pickle is a program for a stack machine. This one knows the opcodes of a table and the globals of another, makes plain data
 * of them, and refuses the rest by name.
 */
import { unreadable } from '../byte-source.js';
import { globalNamed } from './globals.js';
import { OPERATIONS, REFUSED } from './operations.js';
import { Tuple, type Value } from './values.js';

/** Bytes of memory that a pickle may take before it counts as an attack: this much, and this much per byte of it. */
const MEMORY = { floor: 2 ** 24, ratio: 16 };
/** What values take in memory, roughly. */
const COST = { value: 16, map: 256, list: 64, memo: 48, item: 16 };

const UNSIGNED: { readonly [W in 1 | 2 | 4 | 8]: (view: DataView, at: number) => number } = {
  1: (view, at) => view.getUint8(at),
  2: (view, at) => view.getUint16(at, true),
  4: (view, at) => view.getUint32(at, true),
  8: (view, at) => Number(view.getBigUint64(at, true)),
};
const decoder = new TextDecoder();

/** What a container of pickles knows that they do not. */
export interface Surroundings {
  /** For messages. */
  readonly name: string;
  /** What a persistent id stands for: a storage outside of the pickle. */
  readonly persistent: (id: Value) => Value;
}

/** The end of a pickle's program: its value, and where the bytes after it begin. */
export interface Unpickled {
  readonly value: Value;
  readonly end: number;
}

/** Reads one pickle from `start` on. @throws UserError for what is cut short, not a pickle, or not on the lists */
export function unpickle(bytes: Uint8Array, surroundings: Surroundings, start = 0): Unpickled {
  return new Machine(bytes, surroundings, start).run();
}

export class Machine {
  private readonly view: DataView;
  private stack: Value[] = [];
  /** The stacks below each mark. */
  private readonly below: Value[][] = [];
  private readonly memo = new Map<number, Value>();
  private memory = 0;
  private result: { readonly value: Value } | undefined;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly surroundings: Surroundings,
    private at: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): Unpickled {
    while (!this.result) {
      const place = this.at;
      const code = this.take(1)[0]!;
      const operation = OPERATIONS[code];
      if (!operation)
        throw this.fail(
          `its pickle has ${REFUSED[code] ?? `the byte 0x${code.toString(16).padStart(2, '0')}`} at byte ${place}, which is no opcode that a checkpoint needs`,
        );
      operation(this);
    }
    return { value: this.result.value, end: this.at };
  }

  fail(reason: string): Error {
    return unreadable(this.surroundings.name, reason);
  }

  /** The next bytes of the program, as a view. */
  take(count: number): Uint8Array {
    const rest = this.bytes.length - this.at;
    if (!(count >= 0 && count <= rest))
      throw this.fail(`its pickle wants ${count} more bytes at byte ${this.at}, but ${rest} follow: it is cut short`);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** A little-endian unsigned integer. */
  unsigned(width: 1 | 2 | 4 | 8): number {
    const start = this.at;
    this.take(width);
    return UNSIGNED[width](this.view, start);
  }

  signed(): number {
    this.take(4);
    return this.view.getInt32(this.at - 4, true);
  }

  /** Big-endian, as pickles have it. */
  double(): number {
    this.take(8);
    return this.view.getFloat64(this.at - 8);
  }

  /** Up to the end of the line. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    const text = this.text(end < 0 ? this.bytes.length - this.at + 1 : end - this.at);
    this.take(1);
    return text;
  }

  text(length: number): string {
    return decoder.decode(this.take(length));
  }

  push(value: Value): void {
    this.spend(costOf(value));
    this.stack.push(value);
  }

  pop(): Value {
    if (this.stack.length === 0)
      throw this.fail(`its pickle takes from an empty stack at byte ${this.at}: it is damaged`);
    return this.stack.pop()!;
  }

  top(): Value {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  mark(): void {
    this.spend(COST.list);
    this.below.push(this.stack);
    this.stack = [];
  }

  /** What lies above the last mark, which goes with it. */
  popMark(): Value[] {
    const items = this.stack;
    const below = this.below.pop();
    if (!below) throw this.fail(`its pickle looks for a mark that is not there at byte ${this.at}: it is damaged`);
    this.stack = below;
    return items;
  }

  remember(index: number): void {
    this.spend(COST.memo);
    this.memo.set(index, this.top());
  }

  rememberNext(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    if (!this.memo.has(index))
      throw this.fail(`its pickle recalls value ${index}, which it never stored: it is damaged`);
    this.spend(COST.value); // the value itself is there already
    this.stack.push(this.memo.get(index)!);
  }

  /** Adds items to a container that exists already. */
  grow(items: number): void {
    this.spend(items * COST.item);
  }

  global(module: string, name: string): void {
    const found = globalNamed(`${module}.${name}`);
    if (!found)
      throw unreadable(
        this.surroundings.name,
        `it asks for ${`${module}.${name}`.slice(0, 120)}, which is not on the list of what a checkpoint may hold; nothing of it was executed`,
        'Save the weights alone: torch.save(model.state_dict(), …).',
      );
    this.push(found);
  }

  persistent(id: Value): void {
    this.push(this.surroundings.persistent(id));
  }

  stop(): void {
    this.result = { value: this.pop() };
  }

  private spend(bytes: number): void {
    this.memory += bytes;
    if (this.memory > MEMORY.floor + MEMORY.ratio * this.bytes.length)
      throw this.fail(
        `its pickle of ${this.bytes.length} bytes makes more than ${MEMORY.floor + MEMORY.ratio * this.bytes.length} bytes of objects`,
      );
  }
}

function costOf(value: Value): number {
  if (typeof value === 'string') return COST.value + 2 * value.length;
  if (value instanceof Map) return COST.map + 2 * COST.item * value.size;
  if (Array.isArray(value)) return COST.list;
  if (value instanceof Tuple) return COST.list + COST.item * value.items.length;
  return typeof value === 'object' && value !== null ? COST.list : COST.value;
}
