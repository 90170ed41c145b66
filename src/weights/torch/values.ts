/** What a pickle can become here: plain data, tensors, and names that stand for Python's classes without being them. */
import type { DType } from '../host-tensor.js';
import type { StoredTensor } from '../stored-tensor.js';

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Value[]
  | Tuple
  | Dict
  | Global
  | Inert
  | Storage
  | Tensor;

/** Python's dict, OrderedDict, defaultdict and Counter. */
export type Dict = Map<Value, Value>;

export class Tuple {
  constructor(readonly items: readonly Value[]) {}
}

/** A name from the table of globals. */
export class Global {
  constructor(
    readonly name: string,
    /** What calling it makes; nothing where it cannot be called. */
    readonly call?: (args: readonly Value[]) => Value,
    /** Of a storage class or a torch.dtype: the type of its elements. */
    readonly dtype?: DType,
  ) {}
}

/** An object of a class that is known by name only: its state is kept, nothing else is done with it. */
export class Inert {
  state: Value = null;
  constructor(readonly name: string) {}
}

/** The bytes behind tensors. A view begins at an offset of the storage that the file holds. */
export class Storage {
  constructor(
    readonly key: string,
    readonly dtype: DType,
    /** In elements. */
    readonly size: number,
    /** In elements. */
    readonly offset: number,
    readonly bytes: StoredTensor['storage'],
  ) {}
}

export class Tensor {
  constructor(readonly stored: StoredTensor) {}
}

/** What a value is called in a message. */
export function kindOf(value: Value | undefined): string {
  if (value === null || value === undefined) return 'None';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Map) return 'a dict';
  if (value instanceof Tuple) return 'a tuple';
  if (value instanceof Global) return value.name;
  if (value instanceof Inert) return `an object of ${value.name}`;
  if (value instanceof Storage) return 'a storage';
  if (value instanceof Tensor) return 'a tensor';
  if (value instanceof Uint8Array) return 'bytes';
  return `a ${typeof value}`;
}
