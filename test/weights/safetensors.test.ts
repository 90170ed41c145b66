import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { UserError } from '../../src/errors.js';
import { type DType, HOST_ARRAYS, type HostTensor } from '../../src/weights/host-tensor.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/weights/safetensors.js';
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from '../../src/weights/safetensors-file.js';
import { FORMATS } from '../../src/weights/safetensors-header.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
after(() => rm(folder, { recursive: true }));

/** A file from the text of its header and its data. */
function file(header: string, data: Uint8Array | number = 0, length = BigInt(Buffer.byteLength(header))): Uint8Array {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length);
  return Buffer.concat([size, Buffer.from(header), new Uint8Array(data as number)]);
}

const entry = (dtype: string, shape: unknown, offsets: unknown) =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });

const bytesOf = ({ data }: HostTensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

const tensor: fc.Arbitrary<HostTensor> = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(HOST_ARRAYS) as DType[])),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
  })
  .chain(({ dtype, shape }) => {
    const length = shape.reduce((product, size) => product * size, FORMATS[dtype].bytes);
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => ({ dtype, shape, data: new HOST_ARRAYS[dtype](new Uint8Array(bytes).buffer) }) as HostTensor);
  });

const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('0', '10', '2', '__proto__', '"', '\\"', '{'));

const contents = fc.record({
  metadata: fc.dictionary(name, fc.string({ unit: 'grapheme' })),
  tensors: fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 6 }),
});

const example = () =>
  encodeSafetensors({
    metadata: { model: '{"net":"resnet18"}' },
    tensors: [
      ['1', { dtype: 'int8', shape: [3], data: Int8Array.of(1, 2, 3) }],
      ['0', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
      ['scalar', { dtype: 'int64', shape: [], data: BigInt64Array.of(-5n) }],
    ],
  });

/** Decodes what may be broken: only a UserError is a decent answer. */
function attempt(bytes: Uint8Array): void {
  try {
    decodeSafetensors(bytes);
  } catch (error) {
    assert.ok(error instanceof UserError, `${error}`);
  }
}

describe('round trip', () => {
  test('in memory, bit for bit, names and order kept, every tensor aligned', () => {
    fc.assert(
      fc.property(contents, ({ metadata, tensors }) => {
        const bytes = encodeSafetensors({ metadata, tensors });
        const back = decodeSafetensors(bytes);
        assert.deepEqual(Object.entries(back.metadata), Object.entries(metadata));
        assert.deepEqual(
          [...back.tensors.keys()],
          tensors.map(([key]) => key),
        );
        for (const [key, { dtype, shape, ...rest }] of tensors) {
          const copy = back.tensors.get(key)!;
          assert.deepEqual([copy.dtype, copy.shape], [dtype, shape]);
          assert.deepEqual(bytesOf(copy), bytesOf({ dtype, shape, ...rest } as HostTensor));
          assert.equal(copy.data.buffer, bytes.buffer, 'a view, hence aligned');
        }
      }),
      { numRuns: 300 },
    );
  });

  test('through a file, whose header alone tells the same', async () => {
    const path = join(folder, 'round.safetensors');
    await fc.assert(
      fc.asyncProperty(contents, async (given) => {
        await writeSafetensors(path, given);
        const back = await readSafetensors(path);
        assert.deepEqual(back, decodeSafetensors(encodeSafetensors(given)));
        const { entries, metadata } = await readSafetensorsHeader(path);
        assert.deepEqual(metadata, back.metadata);
        assert.deepEqual(
          [...entries].map(([key, { dtype, shape }]) => [key, dtype, shape]),
          [...back.tensors].map(([key, { dtype, shape }]) => [key, dtype, shape]),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('the bytes are those of the format', () => {
    const bytes = encodeSafetensors({
      tensors: [['a', { dtype: 'float16', shape: [1], data: Uint16Array.of(0x3c00) }]],
    });
    assert.deepEqual(
      Buffer.from(bytes),
      Buffer.from('\x38\0\0\0\0\0\0\0{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}  \0\x3c', 'latin1'),
    );
  });

  test('foreign files may be unaligned and unpadded, with data in any order and spaces in the header', () => {
    const header = `{ "b" : ${entry('F32', [1], [1, 5])}, "a": ${entry('U8', [1], [0, 1])}}\n`;
    const bytes = file(header, Uint8Array.of(7, 0, 0, 128, 63));
    const { tensors } = decodeSafetensors(bytes);
    assert.deepEqual([...tensors.keys()], ['b', 'a']);
    assert.deepEqual(tensors.get('b')?.data, Float32Array.of(1));
    assert.deepEqual(tensors.get('a')?.data, Uint8Array.of(7));
  });
});

describe('what cannot be stored is refused', () => {
  const scalar = { dtype: 'uint8', shape: [], data: Uint8Array.of(1) } as const;
  const wrong: [tensors: [string, HostTensor][], reason: RegExp][] = [
    [[['__metadata__', scalar]], /reserved/],
    [
      [
        ['a', scalar],
        ['a', scalar],
      ],
      /same name/,
    ],
    [[['a', { ...scalar, shape: [2] }]], /takes 2 bytes, but its data has 1/],
    [[['a', { ...scalar, shape: [-1, -1] }]], /shape \[-1,-1\]/],
    [[['a', { ...scalar, shape: [0.5, 2] }]], /shape \[0.5,2\]/],
  ];
  for (const [tensors, reason] of wrong)
    test(`${reason}`, () =>
      assert.throws(
        () => encodeSafetensors({ tensors }),
        (error) => error instanceof UserError && reason.test(error.message),
      ));
});

describe('a broken file is refused with the reason', () => {
  const one = (...given: Parameters<typeof entry>) => `{"a":${entry(...given)}}`;
  const u8 = (begin: number, end: number) => entry('U8', [end - begin], [begin, end]);
  const broken: [what: string, bytes: Uint8Array, reason: RegExp][] = [
    ['nothing', new Uint8Array(), /0 bytes/],
    ['length cut short', new Uint8Array(7), /7 bytes/],
    ['header over 100 MB', file('{}', 0, 100_000_001n), /over the format's limit of 100000000/],
    ['header of 16 EiB', file('{}', 0, 2n ** 64n - 1n), /18446744073709551615/],
    ['header beyond the file', file('{}', 0, 3n), /claims 3 bytes, but only 2 follow/],
    ['empty header', file(''), /begin with \{/],
    ['a list', file('[]'), /begin with \{/],
    ['invalid UTF-8', Buffer.concat([file('', 0, 4n), Buffer.from('7b22ff7d', 'hex')]), /not valid JSON/],
    ['invalid JSON', file('{"a":}'), /not valid JSON/],
    ['unterminated string', file('{"a'), /not valid JSON/],
    ['text after the object', file('{} x'), /not valid JSON/],
    ['deep nesting', file(`{"a":${'['.repeat(1e6)}`), /nested deeper/],
    ['duplicate name', file(`{"a":${u8(0, 1)},"a":${u8(1, 2)}}`, 2), /duplicate key "a"/],
    ['duplicate name, escaped', file(`{"a":${u8(0, 1)},"\\u0061":${u8(1, 2)}}`, 2), /duplicate key "a"/],
    [
      'duplicate field',
      file('{"a":{"dtype":"U8","shape":[],"shape":[],"data_offsets":[0,1]}}', 1),
      /duplicate key "shape"/,
    ],
    ['metadata that is no text', file('{"__metadata__":{"epoch":1}}'), /strings to strings/],
    ['metadata that is a list', file('{"__metadata__":[]}'), /strings to strings/],
    ['entry that is no object', file('{"a":null}'), /tensor "a" is not described/],
    ['unknown dtype', file(one('F13', [1], [0, 1]), 1), /dtype "F13"; known are F64/],
    ['dtype of the prototype', file(one('constructor', [1], [0, 1]), 1), /dtype "constructor"/],
    ['no dtype', file('{"a":{}}'), /dtype nothing/],
    ['no shape', file('{"a":{"dtype":"U8","data_offsets":[0,1]}}', 1), /shape nothing/],
    ['negative size', file(one('U8', [-1], [0, 1]), 1), /shape \[-1\]/],
    ['fractional size', file(one('U8', [0.5], [0, 1]), 1), /shape \[0.5\]/],
    [
      'size beyond exact numbers',
      file('{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}', 1),
      /shape/,
    ],
    ['shape that overflows', file(one('U8', [2 ** 40, 2 ** 40, 2 ** 40], [0, 1]), 1), /more bytes than any file/],
    ['shape that overflows to zero', file(one('U8', [2 ** 40, 2 ** 40, 0], [0, 0])), /more bytes than any file/],
    ['shape that does not fit', file(one('F32', [2], [0, 4]), 4), /takes 8 bytes, but its data_offsets span 4/],
    ['negative offset', file(one('U8', [1], [-1, 0])), /data_offsets \[-1,0\]/],
    ['offsets reversed', file(one('U8', [1], [1, 0]), 1), /begin not after end/],
    ['three offsets', file(one('U8', [1], [0, 1, 2]), 2), /data_offsets \[0,1,2\]/],
    ['offset that is text', file(one('U8', [1], ['0', '1']), 1), /data_offsets \["0","1"\]/],
    ['overlap', file(`{"a":${u8(0, 2)},"b":${u8(1, 3)}}`, 3), /"b" at \[1,3\] overlaps/],
    ['hole', file(`{"a":${u8(0, 1)},"b":${u8(2, 3)}}`, 3), /bytes 1 to 2 .* belong to no tensor/],
    ['hole at the start', file(`{"a":${u8(1, 2)}}`, 2), /bytes 0 to 1/],
    ['beyond the file', file(`{"a":${u8(0, 4)}}`, 3), /exceeds the 3 bytes of data/],
    ['trailing bytes', file(`{"a":${u8(0, 1)}}`, 2), /1 bytes follow the last tensor/],
  ];
  for (const [what, bytes, reason] of broken)
    test(what, async () => {
      const explained = (place: string) => (error: unknown) =>
        error instanceof UserError && error.message.includes(place) && reason.test(error.message);
      assert.throws(() => decodeSafetensors(bytes, { name: 'upload.safetensors' }), explained('upload.safetensors'));
      const path = join(folder, 'broken.safetensors');
      await writeFile(path, bytes);
      await assert.rejects(readSafetensors(path), explained(path));
      await assert.rejects(readSafetensorsHeader(path), explained(path));
    });

  test('a missing file and a folder', async () => {
    const explained = (reason: RegExp) => (error: unknown) => error instanceof UserError && reason.test(error.message);
    await assert.rejects(readSafetensors(join(folder, 'none')), explained(/no such file/));
    await assert.rejects(readSafetensorsHeader(folder), explained(/it is a folder/));
  });

  test('cut at every percent', async () => {
    const data = Float32Array.from({ length: 20_000 }, Math.sin);
    const whole = encodeSafetensors({ tensors: [['a', { dtype: 'float32', shape: [20_000], data }]] });
    const path = join(folder, 'cut.safetensors');
    for (let percent = 0; percent < 100; percent++) {
      const cut = whole.subarray(0, Math.floor((whole.byteLength * percent) / 100));
      await writeFile(path, cut);
      assert.throws(() => decodeSafetensors(cut), UserError);
      await assert.rejects(readSafetensors(path), UserError);
      await assert.rejects(readSafetensorsHeader(path), UserError);
    }
  });

  test('cut at every byte', () => {
    const whole = example();
    for (let length = 0; length < whole.byteLength; length++)
      assert.throws(() => decodeSafetensors(whole.subarray(0, length)), UserError);
  });
});

describe('corruption', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });

  test('of any bytes is read or refused, nothing else', () => {
    fc.assert(
      fc.property(edits, (changes) => {
        const bytes = example();
        for (const [at, value] of changes) bytes[at % bytes.byteLength] = value;
        attempt(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test('of any number in the header is read or refused, nothing else', () => {
    const odd = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.integer(), fc.jsonValue());
    fc.assert(
      fc.property(fc.nat(), odd, (at, value) => {
        const bytes = example();
        const length = new DataView(bytes.buffer).getUint32(0, true);
        const header = Buffer.from(bytes.subarray(8, 8 + length)).toString();
        const numbers = [...header.matchAll(/(?<=[[,:])\d+|"[A-Z]\d+"/g)];
        const { index, 0: old } = numbers[at % numbers.length]!;
        const changed = header.slice(0, index) + JSON.stringify(value) + header.slice(index + old.length);
        attempt(file(changed, bytes.subarray(8 + length)));
      }),
      { numRuns: 2000 },
    );
  });

  test('of arbitrary bytes and arbitrary JSON', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => attempt(bytes)));
    fc.assert(fc.property(fc.json(), fc.uint8Array(), (json, bytes) => attempt(file(json, bytes))));
    fc.assert(fc.property(fc.json(), (json) => attempt(file(`{"a":${json}}`))));
  });

  test('never makes a reader allocate more than twice the size of the file', async (t) => {
    let allocated = 0;
    const counting = (array: Uint8ArrayConstructor) =>
      new Proxy(array, {
        construct(target, args) {
          if (typeof args[0] === 'number') allocated += args[0];
          return Reflect.construct(target, args) as Uint8Array;
        },
      });
    const original = globalThis.Uint8Array;
    t.after(() => {
      globalThis.Uint8Array = original;
    });
    const path = join(folder, 'greedy.safetensors');
    const claims = [
      file('{}', 0, 99_999_999n),
      file('{}', 0, 2n ** 63n),
      file(`{"a":${entry('F64', [2 ** 45], [0, 2 ** 48])}}`, 64),
      file(`{"a":${entry('U8', [64], [0, 64])},"b":${entry('U8', [64], [0, 64])}}`, 64),
      example(),
    ];
    for (const bytes of claims) {
      await writeFile(path, bytes);
      globalThis.Uint8Array = counting(original);
      allocated = 0;
      await readSafetensors(path).catch((error) => assert.ok(error instanceof UserError, `${error}`));
      globalThis.Uint8Array = original;
      assert.ok(allocated > 0 && allocated <= 2 * bytes.byteLength, `${allocated} bytes for ${bytes.byteLength}`);
    }
  });
});

test('a writer killed at any moment leaves a whole file', { timeout: 120_000 }, async (t) => {
  const path = join(folder, 'killed.safetensors');
  const program = fileURLToPath(new URL('./overwrite-forever.js', import.meta.url));
  for (let round = 0; round < 20; round++) {
    const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await sleep(100 * Math.random());
    child.kill('SIGKILL');
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL', 'the writer ran until it was killed');
    const { metadata, tensors } = await readSafetensors(path);
    for (const { data } of tensors.values()) assert.ok(data.every((value) => value === Number(metadata.version)));
  }
  const halves = (await readdir(folder)).filter((entry) => entry.endsWith('.tmp'));
  t.diagnostic(`${halves.length} of 20 kills hit the middle of a write`);
});
