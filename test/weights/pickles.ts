/** Checkpoints written byte by byte, as no honest program would. */

type Part = Uint8Array | string;
const bytes = (...parts: readonly Part[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));

const le = (width: number, value: number | bigint): Uint8Array => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer.subarray(0, width);
};

/** Opcodes by what they do: https://docs.python.org/3/library/pickletools.html */
export const op = {
  global: (module: string, name: string) => bytes(`c${module}\n${name}\n`),
  text: (text: string) => bytes('X', le(4, text.length), text),
  int: (value: number) => bytes('J', le(4, BigInt.asUintN(32, BigInt(value)))),
  long: (value: bigint) => bytes('\x8a\x08', le(8, value)),
  tuple: (...items: readonly Part[]) => bytes('(', ...items, 't'),
  call: (callee: Part, ...args: readonly Part[]) => bytes(callee, op.tuple(...args), 'R'),
  dict: (...pairs: readonly (readonly [string, Part])[]) =>
    bytes('}(', ...pairs.map(([key, value]) => bytes(op.text(key), value)), 'u'),
  persistent: (id: Part) => bytes(id, 'Q'),
};

export const pickle = (...parts: readonly Part[]): Uint8Array => bytes('\x80\x02', ...parts, '.');

export const storage = (key: string, elements: Part, type = 'FloatStorage') =>
  op.persistent(op.tuple(op.text('storage'), op.global('torch', type), op.text(key), op.text('cpu'), elements));

interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset?: number;
  readonly from?: Part;
}
export const tensor = ({ shape, strides, offset = 0, from = storage('0', op.int(4)) }: View) =>
  op.call(
    op.global('torch._utils', '_rebuild_tensor_v2'),
    from,
    op.int(offset),
    op.tuple(...shape.map(op.int)),
    op.tuple(...strides.map(op.int)),
    '\x89',
    op.call(op.global('collections', 'OrderedDict')),
  );

/** A file of before 1.6 around an object, with one storage of four elements. */
export const legacy = (root: Part, { data = new Uint8Array(16) } = {}): Uint8Array =>
  bytes(
    pickle(bytes('\x8a\x0a', Buffer.from('6cfc9c46f9206aa85019', 'hex'))),
    pickle(op.int(1001)),
    pickle(op.dict(['little_endian', '\x88'])),
    pickle(root),
    pickle(bytes('](', op.text('0'), 'e')),
    le(8, data.length / 4),
    data,
  );

export interface Packed {
  readonly name: string;
  readonly data: Uint8Array;
  /** 8 where data are deflated. */
  readonly method?: number;
  /** Unpacked size that is claimed. */
  readonly size?: number;
  readonly encrypted?: boolean;
  /** Checksum of the unpacked bytes; 0, which says that there is none, by default. */
  readonly crc?: number;
}

/** A zip archive: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */
export function zip(...files: readonly Packed[]): Uint8Array {
  const [locals, central]: [Uint8Array[], Uint8Array[]] = [[], []];
  let at = 0;
  for (const { name, data, method = 0, size = data.length, encrypted = false, crc = 0 } of files) {
    const common = bytes(
      le(2, 20),
      le(2, encrypted ? 1 : 0),
      le(2, method),
      le(4, 0),
      le(4, crc),
      le(4, data.length),
      le(4, size),
      le(2, name.length),
      le(2, 0),
    );
    const local = bytes('PK\x03\x04', common, name, data);
    central.push(bytes('PK\x01\x02', le(2, 20), common, le(2, 0), le(2, 0), le(2, 0), le(4, 0), le(4, at), name));
    locals.push(local);
    at += local.length;
  }
  const directory = bytes(...central);
  const count = le(2, files.length);
  return bytes(
    ...locals,
    directory,
    'PK\x05\x06',
    le(4, 0),
    count,
    count,
    le(4, directory.length),
    le(4, at),
    le(2, 0),
  );
}

/** A file since 1.6 around an object. */
export const zipped = (root: Part, ...others: readonly Packed[]): Uint8Array =>
  zip({ name: 'x/data.pkl', data: pickle(root) }, { name: 'x/data/0', data: new Uint8Array(16) }, ...others);
