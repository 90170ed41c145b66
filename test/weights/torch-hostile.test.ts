/** Files that were made to do harm, and files that came to harm: never a crash, never code, never much memory, always a reason. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { UserError } from '../../src/errors.js';
import { importWeights } from '../../src/weights/import.js';
import { temporaryFolder, userError, write } from '../data/fixtures.js';
import { parameterValue } from '../goldens/rule.js';
import { fixture } from './fixtures.js';
import { legacy, op, pickle, storage, tensor, zip, zipped } from './pickles.js';

const folder = await temporaryFolder();
const path = join(folder, 'given.pth');
const trace = join(folder, 'executed');
const refuses = async (content: Uint8Array, ...parts: readonly string[]) => {
  await write(path, content);
  await assert.rejects(importWeights(path), userError(path, ...parts));
};
const inState = (value: Uint8Array | string) => op.dict(['conv1.weight', value]);

describe('a pickle that wants to run code is refused by the name of what it calls', () => {
  const command = op.text(`touch ${trace}`);
  const attacks: readonly (readonly [what: string, root: Uint8Array, ...parts: string[]])[] = [
    ['os.system', op.call(op.global('os', 'system'), command), 'os.system', 'nothing of it was executed'],
    ['posix.system', op.call(op.global('posix', 'system'), command), 'posix.system'],
    ['eval', op.call(op.global('builtins', 'eval'), op.text('1')), 'builtins.eval'],
    ['exec of Python 2', op.call(op.global('__builtin__', 'exec'), op.text('1')), '__builtin__.exec'],
    ['getattr', op.call(op.global('builtins', 'getattr'), op.text('a'), op.text('b')), 'builtins.getattr'],
    ['subprocess', inState(op.call(op.global('subprocess', 'Popen'), command)), 'subprocess.Popen'],
    ['a dotted name', op.global('torch', 'os.system'), 'torch.os.system'],
    ['a name on the prototype', op.global('constructor', 'constructor'), 'constructor.constructor'],
    ["PyTorch's own loader", op.call(op.global('torch.storage', '_load_from_bytes'), 'C\x00'), '_load_from_bytes'],
    ['a class of its own', op.call(op.global('__main__', 'Net')), '__main__.Net', 'torch.save(model.state_dict()'],
    [
      'what another call made',
      Buffer.concat([op.call(op.global('argparse', 'Namespace')), op.tuple(), Buffer.from('R')]),
      'calls an object of argparse.Namespace',
    ],
    [
      'a call in a call',
      op.call(
        op.global('torch._tensor', '_rebuild_from_type_v2'),
        op.global('torch._tensor', '_rebuild_from_type_v2'),
        op.global('torch', 'Tensor'),
        op.tuple(),
        '}',
      ),
      '_rebuild_from_type_v2',
    ],
    [
      'a call hidden in a rebuilt tensor',
      inState(op.call(op.global('torch._utils', '_rebuild_parameter'), op.call(op.global('os', 'popen'), command))),
      'os.popen',
    ],
    ['INST', Buffer.from("(S'x'\nios\nsystem\n"), 'STRING'],
    ['INST alone', Buffer.from('(ios\nsystem\n'), 'INST'],
    ['OBJ', Buffer.concat([Buffer.from('('), op.global('argparse', 'Namespace'), Buffer.from('o')]), 'OBJ'],
    ['an extension', Buffer.from('\x82\x01', 'latin1'), 'EXT1'],
    ['a dtype that is called', op.call(op.global('torch', 'float32')), 'calls torch.float32'],
    [
      'state of a storage class',
      Buffer.concat([op.global('torch', 'FloatStorage'), Buffer.from('}b')]),
      'sets the state of torch.FloatStorage',
    ],
  ];
  for (const [what, root, ...parts] of attacks)
    it(what, async () => {
      await refuses(zipped(root), ...parts);
      await refuses(legacy(root), ...parts);
      assert.equal(existsSync(trace), false);
    });
});

describe('a tensor that does not fit its storage is refused', () => {
  const wrong: readonly (readonly [what: string, value: Uint8Array, ...parts: string[]])[] = [
    ['too many elements', tensor({ shape: [5], strides: [1] }), 'reaches beyond the 4 elements'],
    ['a long stride', tensor({ shape: [2], strides: [4] }), 'reaches beyond'],
    ['an offset', tensor({ shape: [1], strides: [1], offset: 4 }), 'reaches beyond'],
    ['a negative offset', tensor({ shape: [1], strides: [1], offset: -1 }), 'the offset', 'got -1'],
    ['a negative stride', tensor({ shape: [2], strides: [-1] }), 'each of strides', 'got -1'],
    ['a size that no number counts', tensor({ shape: [2 ** 30, 2 ** 30], strides: [0, 0] }), 'reaches beyond'],
    ['sizes without strides', tensor({ shape: [1, 1], strides: [1] }), '2 sizes, but 1 strides'],
    ['no storage', tensor({ shape: [1], strides: [1], from: '}' }), 'expected a storage, got a dict'],
    [
      'a storage of other things',
      tensor({ shape: [1], strides: [1], from: storage('0', op.int(4), 'ObjectStorage') }),
      'torch.ObjectStorage',
    ],
    ['a negative storage', tensor({ shape: [1], strides: [1], from: storage('0', op.int(-4)) }), 'number of elements'],
    ['arguments missing', op.call(op.global('torch._utils', '_rebuild_tensor_v2')), 'wrongly', 'expected a storage'],
  ];
  for (const [what, value, ...parts] of wrong)
    it(what, async () => {
      await refuses(zipped(inState(value)), ...parts);
      await refuses(legacy(inState(value)), ...parts);
    });

  it('a storage larger than the file', async () => {
    const value = tensor({ shape: [1], strides: [1], from: storage('0', op.int(2 ** 30)) });
    await refuses(zipped(inState(value)), 'x/data/0 has 16 bytes', 'expect 4294967296');
    await refuses(legacy(inState(value)), 'cut short');
  });
  it('a storage that is not there', async () => {
    const value = tensor({ shape: [1], strides: [1], from: storage('../1', op.int(4)) });
    await refuses(zipped(inState(value)), 'x/data/../1 is missing');
    await refuses(legacy(inState(value)), 'which no tensor refers to');
  });
});

/** A module that holds the next one twice, and so on. */
function moduleOfModules(depth: number): Buffer {
  const holding = (inside: readonly (readonly [string, string])[], i: number) => [
    op.global('torch.nn.modules.container', 'Sequential'),
    Buffer.from(')\x81', 'latin1'),
    op.dict(['_modules', op.dict(...inside)]),
    Buffer.from(`bq${String.fromCharCode(i)}`, 'latin1'),
  ];
  const get = (i: number) => `h${String.fromCharCode(i)}`;
  return Buffer.concat(
    Array.from({ length: depth }, (_, i) =>
      holding(i === 0 ? [] : [['a', get(i - 1)] as const, ['b', get(i - 1)] as const], i),
    ).flat(),
  );
}

describe('memory is bounded', () => {
  /** Bytes by which the process grew meanwhile. */
  async function growth(job: () => Promise<void>): Promise<number> {
    const before = process.memoryUsage().rss;
    let peak = before;
    const timer = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 5);
    await job().finally(() => clearInterval(timer));
    return Math.max(peak, process.memoryUsage().rss) - before;
  }
  const MUCH = 200e6;

  const expanded = (...shape: readonly number[]) => tensor({ shape, strides: shape.map(() => 0) });
  it('one number expanded to a gigabyte', async () => {
    const wide = 4096;
    const root = op.dict(
      ...(
        [
          ['conv1', wide, 3, 3, 3],
          ['layer1.0.conv1', wide, wide, 3, 3],
          ['layer1.0.conv2', wide, wide, 3, 3],
          ['fc', 3, wide],
        ] as const
      ).flatMap(([name, ...shape]) => [
        [`${name}.weight`, expanded(...shape)] as const,
        [`${name}.bias`, expanded(shape[0])] as const,
      ]),
    );
    const grown = await growth(() => refuses(zipped(root), 'its tensors take', 'made to exhaust memory'));
    assert.ok(grown < MUCH, `${grown}`);
  });

  const bombs: readonly (readonly [what: string, content: () => Uint8Array, ...parts: string[]])[] = [
    [
      'a record that claims its size',
      () => zip({ name: 'x/data.pkl', data: deflateRawSync(Buffer.alloc(5e8)), method: 8, size: 5e8 }),
      'claims 500000000 bytes',
    ],
    [
      'a record that denies its size',
      () => zip({ name: 'x/data.pkl', data: deflateRawSync(Buffer.alloc(5e8)), method: 8, size: 1000 }),
      'does not unpack to the 1000 bytes that it claims',
    ],
    [
      'an array that claims its size',
      () => zip({ name: 'conv1.weight.npy', data: deflateRawSync(Buffer.alloc(5e8)), method: 8, size: 5e8 }),
      'claims 500000000 bytes',
    ],
    ['dicts without end', () => zipped(Buffer.alloc(3e6, '}')), 'bytes of objects'],
    ['lists without end', () => zipped(Buffer.alloc(3e6, ']')), 'bytes of objects'],
    ['marks without end', () => zipped(Buffer.alloc(3e6, '(')), 'bytes of objects'],
    [
      'tuples of tuples',
      () => zipped(Buffer.concat([Buffer.from(')'), Buffer.alloc(3e6, '\x85', 'latin1')])),
      'bytes of objects',
    ],
    ['one module on a billion paths', () => zipped(moduleOfModules(40)), 'holds no state_dict'],
    [
      'one list of pairs in many dicts',
      () =>
        zipped(
          Buffer.concat([
            Buffer.from('(', 'latin1'),
            Buffer.from(']('),
            Buffer.alloc(2e5 * 3, 'NN\x86', 'latin1'),
            Buffer.from('eq\x000', 'latin1'),
            ...Array.from({ length: 2e4 }, () => op.call(op.global('collections', 'OrderedDict'), 'h\x00')),
            Buffer.from('t'),
          ]),
        ),
      'bytes of objects',
    ],
    ['text without end', () => zipped(Buffer.concat([Buffer.from('X\xff\xff\xff\xff', 'latin1')])), 'cut short'],
    [
      'an integer of 2 GB',
      () => zipped(Buffer.from('\x8b\x00\x00\x00\x80', 'latin1')),
      'an integer of 2147483648 bytes',
    ],
  ];
  for (const [what, content, ...parts] of bombs)
    it(what, async () => {
      const bytes = content();
      const grown = await growth(() => refuses(bytes, ...parts));
      assert.ok(grown < MUCH, `${grown}`);
    });
});

describe('an archive is refused', () => {
  const data = pickle(inState(tensor({ shape: [4], strides: [1] })));
  const cases: readonly (readonly [what: string, content: Uint8Array, ...parts: string[]])[] = [
    ['with a name that leads out of it', zip({ name: '../data.pkl', data }), 'invalid relative path: ../data.pkl'],
    ['with an absolute name', zip({ name: '/etc/passwd', data }), 'absolute path: /etc/passwd'],
    ['with a name twice', zip({ name: 'x/data.pkl', data }, { name: 'x/data.pkl', data }), 'two records are called'],
    ['encrypted', zip({ name: 'x/data.pkl', data, encrypted: true, size: data.length - 12 }), 'is encrypted'],
    ['compressed in another way', zip({ name: 'x/data.pkl', data, method: 12 }), 'method 12'],
    ['with a storage missing', zip({ name: 'x/data.pkl', data }), 'x/data/0 is missing'],
    ['of a TorchScript program', zipped(inState('}'), { name: 'x/constants.pkl', data }), 'TorchScript'],
    ['in big-endian', zipped(inState('}'), { name: 'x/byteorder', data: Buffer.from('big') }), 'big-endian'],
    ['of something else', zip({ name: 'word/document.xml', data }), 'without data.pkl'],
    [
      'of objects of NumPy',
      zip({ name: 'a.npy', data: npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") }),
      '|O',
    ],
    [
      'of records of NumPy',
      zip({ name: 'a.npy', data: npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }") }),
      'is described by',
    ],
    [
      'of an array cut short',
      zip({ name: 'a.npy', data: npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }") }),
      'is cut short',
    ],
    [
      'of an array beyond counting',
      zip({
        name: 'a.npy',
        data: npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }"),
      }),
      'is cut short',
    ],
    ['of no array', zip({ name: 'a.npy', data }), 'no array of NumPy'],
  ];
  for (const [what, content, ...parts] of cases) it(what, () => refuses(content, ...parts));

  it('whose bytes are not those of its checksums', async () => {
    for (const name of ['plain.pth', 'plain.npz']) {
      const original = await readFile(fixture(name));
      assert.ok((await importWeights(fixture(name))).model);
      // the value of a weight: nothing but the checksum knows of it
      const bytes = Buffer.from(original);
      const at = bytes.indexOf(new Uint8Array(parameterValue('layer2.0.conv2.weight', [4, 4, 3, 3]).buffer));
      assert.ok(at > 0);
      bytes[at] = bytes[at]! ^ 1;
      await write(path, bytes);
      await assert.rejects(importWeights(path), userError(path, 'checksum'), name);
    }
    const damaged = { name: 'x/data.pkl', data, crc: 1 };
    await refuses(zip(damaged, { name: 'x/data/0', data: new Uint8Array(16) }), 'x/data.pkl', 'checksum');
    const packed = { ...damaged, data: deflateRawSync(data), method: 8, size: data.length };
    await refuses(zip(packed), 'x/data.pkl', 'checksum');
  });
});

function npy(header: string): Uint8Array {
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([header.length, 0]),
    Buffer.from(header),
    Buffer.alloc(16),
  ]);
}

const whole = ['plain.pth', 'plain.th', 'odd.pth', 'odd.th', 'whole.pt', 'plain.npz', 'compressed.npz'];

describe('a damaged file', () => {
  for (const file of whole)
    it(`${file} is refused at every hundredth of its length`, async () => {
      const bytes = await readFile(fixture(file));
      for (let part = 0; part < 100; part++) await refuses(bytes.subarray(0, Math.floor((part * bytes.length) / 100)));
      await refuses(bytes.subarray(0, -1));
    });

  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  });
  for (const file of whole)
    it(`${file} is imported or refused with a reason, whatever is written into it`, async () => {
      const original = await readFile(fixture(file));
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
          const bytes = Buffer.from(original);
          for (const { at, bytes: written } of edits)
            bytes.set(written.subarray(0, bytes.length - Math.floor(at * bytes.length)), Math.floor(at * bytes.length));
          await importOrReason(bytes);
        }),
        { numRuns: 150 },
      );
    });

  it('of opcodes at random is refused with a reason', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (root, old) =>
        importOrReason(old ? legacy(root) : zipped(root)),
      ),
      { numRuns: 300 },
    ));

  const piece = fc.constantFrom(
    '}',
    ']',
    ')',
    '(',
    't',
    'u',
    's',
    'e',
    'a',
    'R',
    'b',
    '\x81',
    '\x85',
    '\x86',
    'N',
    'K\x01',
    'h\x00',
    'q\x00',
    '0',
    '1',
    '\x94',
    'ccollections\nOrderedDict\n',
    'cargparse\nNamespace\n',
    'ctorch\nFloatStorage\n',
    'ctorch._utils\n_rebuild_tensor_v2\n',
    'Q',
    'X\x01\x00\x00\x00a',
  );
  it('of known opcodes in any order is refused with a reason', () =>
    fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), (parts) =>
        importOrReason(zipped(Buffer.from(parts.join(''), 'latin1'))),
      ),
      { numRuns: 500 },
    ));
});

/** A flipped bit of a weight goes unseen where there are no checksums; everything else has a reason that names the file. */
async function importOrReason(bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes);
  try {
    await importWeights(path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    assert.ok(error.message.includes(path), error.message);
  }
}
