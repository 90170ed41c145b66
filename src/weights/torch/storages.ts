/** Persistent ids: how a pickle names the storages that lie outside of it. */
import { unreadable } from '../byte-source.js';
import type { StoredTensor } from '../stored-tensor.js';
import { Global, kindOf, Storage, Tuple, type Value } from './values.js';

/** Finds the bytes of a storage that has so many elements of a type. */
export type Locate = (storage: Pick<Storage, 'key' | 'dtype' | 'size'>) => StoredTensor['storage'];

/**
 * ('storage', class, key, device, elements), and in legacy files (view's key, offset, elements) or None behind it. The device, such as
 * cuda:0, says where the tensor was, not what it is. Legacy files name classes as ('module', class, file, source) too.
 */
export const persistentIn =
  (name: string, locate: Locate) =>
  (id: Value): Value => {
    const fail = (reason: string) => unreadable(name, `its pickle refers to ${reason}`);
    if (!(id instanceof Tuple)) throw fail(`${kindOf(id)}; expected a storage`);
    const [kind, type, key, , size, viewed] = id.items;
    if (kind === 'module' && type instanceof Global) return type;
    if (kind !== 'storage' || !(type instanceof Global) || !type.dtype)
      throw fail(
        `${typeof kind === 'string' ? kind : kindOf(kind)} of ${kindOf(type)}; expected a storage of a known type`,
      );
    if (typeof key !== 'string' || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
      throw fail(`a storage without a key and a number of elements`);
    const { dtype } = type;
    const bytes = locate({ key, dtype, size });
    if (!(viewed instanceof Tuple)) return new Storage(key, dtype, size, 0, bytes);
    const [, offset, elements] = viewed.items;
    if (typeof offset !== 'number' || typeof elements !== 'number' || !(offset >= 0 && offset + elements <= size))
      throw fail(`a part of storage ${key} that lies outside of it`);
    return new Storage(key, dtype, elements, offset, bytes);
  };
