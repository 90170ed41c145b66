/**
 * A state_dict as a pickle of protocol 2: an OrderedDict of tensors, each a view of a storage outside, as torch.save writes it.
 * https://github.com/pytorch/pytorch/blob/v1.13.1/torch/_utils.py (_rebuild_tensor_v2)
 */
import type { DType, HostTensor } from '../host-tensor.js';
import { rowMajor } from '../stored-tensor.js';

/** The storage class of each type that models have. */
const STORAGES: Partial<Readonly<Record<DType, string>>> = { float32: 'FloatStorage', int64: 'LongStorage' };

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([Buffer.from('X'), length, bytes]); // BINUNICODE
};

/** BININT, or LONG1 where 31 bits do not reach. */
function int(value: number): Buffer {
  const bytes = Buffer.alloc(value < 2 ** 31 ? 5 : 10);
  if (value < 2 ** 31) {
    bytes.write('J', 'latin1');
    bytes.writeInt32LE(value, 1);
  } else {
    bytes.write('\x8a\x08', 'latin1');
    bytes.writeBigInt64LE(BigInt(value), 2);
  }
  return bytes;
}

const global = (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`);
const tuple = (...items: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]);
const call = (callee: Buffer, args: Buffer): Buffer => Buffer.concat([callee, args, Buffer.from('R')]);
const ordered = call(global('collections', 'OrderedDict'), Buffer.from(')')); // of an empty tuple
const FALSE = Buffer.from('\x89', 'latin1');

/** A storage is named by a tuple, which BINPERSID hands to PyTorch. */
function storage(key: string, { dtype, data }: HostTensor): Buffer {
  const type = STORAGES[dtype];
  if (!type) throw new TypeError(`no storage class for ${dtype}`);
  const id = tuple(text('storage'), global('torch', type), text(key), text('cpu'), int(data.length));
  return Buffer.concat([id, Buffer.from('Q')]);
}

/** Storage, offset, sizes, strides, requires_grad, hooks. */
const tensor = (key: string, given: HostTensor): Buffer =>
  call(
    global('torch._utils', '_rebuild_tensor_v2'),
    tuple(
      storage(key, given),
      int(0),
      tuple(...given.shape.map(int)),
      tuple(...rowMajor(given.shape).map(int)),
      FALSE,
      ordered,
    ),
  );

/** The pickle of an OrderedDict; the storage of the tensor at index i has the key `${i}`. */
export const pickleOf = (tensors: readonly (readonly [name: string, tensor: HostTensor])[]): Uint8Array =>
  Buffer.concat([
    Buffer.from('\x80\x02', 'latin1'),
    ordered,
    Buffer.from('('),
    ...tensors.flatMap(([name, one], i) => [text(name), tensor(`${i}`, one)]),
    Buffer.from('u.'), // SETITEMS, STOP
  ]);
