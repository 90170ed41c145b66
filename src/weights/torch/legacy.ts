/**
 * PyTorch's files before 1.6: pickles of a magic number, the protocol, the machine, the object and the keys of its storages, then the storages
 * in that order, each behind its number of elements. https://github.com/pytorch/pytorch/blob/v1.13.1/torch/serialization.py (_legacy_save)
 */
import { type ByteSource, partOf, unreadable } from '../byte-source.js';
import { ELEMENT_BYTES } from '../stored-tensor.js';
import { unpickle } from './machine.js';
import { persistentIn } from './storages.js';
import type { Storage, Value } from './values.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
/** How every pickle since protocol 2 begins. */
export const LEGACY_START = [0x80];
/** All pickles together: names, shapes and logs. Weights come after them. */
export const MAX_PICKLE_BYTES = 2 ** 26;
/** Of the number of elements in front of each storage. */
const COUNT_BYTES = 8;

/** The pickled object of a legacy file. Its tensors are read when they are asked for. */
export async function readLegacy(file: ByteSource): Promise<Value> {
  const wanted = new Map<string, Pick<Storage, 'dtype' | 'size'>>();
  const places = new Map<string, ByteSource>();
  const fail = (reason: string) => unreadable(file.name, reason);
  const persistent = persistentIn(file.name, ({ key, dtype, size }) => {
    wanted.set(key, { dtype, size });
    return async () => places.get(key)!;
  });
  const head = await file.read(0, Math.min(file.size, MAX_PICKLE_BYTES));
  let end = 0;
  const next = (): Value => {
    const { value, end: after } = unpickle(head, { name: file.name, persistent }, end);
    end = after;
    return value;
  };
  if (next() !== MAGIC) throw fail('it begins with a pickle that PyTorch did not write');
  const protocol = next();
  if (protocol !== PROTOCOL) throw fail(`it is of PyTorch's protocol ${protocol}; known is ${PROTOCOL}`);
  const machine = next();
  if (!(machine instanceof Map) || machine.get('little_endian') !== true)
    throw fail('its numbers are big-endian, which is not supported');
  const root = next();
  const keys = next();
  if (!Array.isArray(keys)) throw fail('the keys of its storages are missing');
  for (const key of keys) {
    const storage = wanted.get(key as string);
    if (!storage) throw fail(`it holds the storage ${String(key).slice(0, 40)}, which no tensor refers to`);
    const size = storage.size * ELEMENT_BYTES[storage.dtype];
    const from = end + COUNT_BYTES;
    if (!(from + size <= file.size))
      throw fail(`storage ${key} of ${size} bytes at ${from} reaches beyond its ${file.size} bytes: it is cut short`);
    const count = new DataView((await file.read(end, from)).buffer).getBigInt64(0, true);
    if (count !== BigInt(storage.size))
      throw fail(`storage ${key} has ${count} elements, but its tensors expect ${storage.size}: it is damaged`);
    places.set(key as string, partOf(file, { from, size }));
    end = from + size;
  }
  const lost = [...wanted.keys()].find((key) => !places.has(key));
  if (lost !== undefined) throw fail(`the storage ${lost} of its tensors is missing`);
  return root;
}
