/** Safetensors files, shards and folders that were made to do harm, or came to harm: always a reason that names the file, never much memory. */
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../src/errors.js';
import { writeHuggingFace } from '../../src/weights/export/huggingface.js';
import { writeBareSafetensors } from '../../src/weights/export/safetensors.js';
import { importWeights } from '../../src/weights/import.js';
import { temporaryFolder, userError } from '../data/fixtures.js';
import { classifier } from './models.js';

const place = await temporaryFolder();
const model = classifier({ bottleneck: false, repeats: [1, 1], width: 2 }, { classes: 3, size: 64 });
const path = join(place, 'given.safetensors');
await writeBareSafetensors(path, model);
const good = await readFile(path);
const headerEnd = 8 + Number(good.readBigUInt64LE(0));
const header: Record<string, { dtype: string; shape: number[]; data_offsets: number[] }> = JSON.parse(
  good.subarray(8, headerEnd).toString(),
);

/** A file from the text of its header, its data, and the length that it claims. */
function file(
  text: string,
  { data = good.subarray(headerEnd), length = BigInt(Buffer.byteLength(text)) } = {},
): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length);
  return Buffer.concat([head, Buffer.from(text), data]);
}

const refuses = async (content: Uint8Array, ...parts: readonly string[]) => {
  await writeFile(path, content);
  await assert.rejects(importWeights(path), userError(path, ...parts));
};

/** Whether something comes out or not: nothing but a reason that names the place. */
async function importOrReason(given: string, named = given): Promise<void> {
  try {
    await importWeights(given);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    assert.ok(error.message.includes(named), error.message);
  }
}

describe('a safetensors file is refused', () => {
  const changed = (change: object) =>
    file(JSON.stringify({ ...header, 'conv1.weight': { ...header['conv1.weight'], ...change } }));
  const [begin = 0, end = 0] = header['conv1.weight']!.data_offsets;
  const cases: readonly (readonly [what: string, content: () => Uint8Array, ...parts: string[]])[] = [
    ['with a header of 2^63 bytes', () => file('{}', { length: 2n ** 63n }), 'claims 9223372036854775808 bytes'],
    ['with a header of 2^64 - 1 bytes', () => file('{}', { length: 2n ** 64n - 1n }), 'claims 18446744073709551615'],
    ['with a header longer than itself', () => file('{}', { length: 90_000_000n }), 'follow'],
    ['with a header that ends early', () => file(JSON.stringify(header), { length: 40n }), 'no', 'JSON'],
    ['with overlapping tensors', () => changed({ data_offsets: [begin - 4, end - 4] }), 'overlaps'],
    ['with a hole', () => file(JSON.stringify({ ...header, 'bn1.bias': undefined })), 'belong to no tensor'],
    ['with negative offsets', () => changed({ data_offsets: [-end, -begin] }), 'data_offsets'],
    ['with offsets that end before they begin', () => changed({ data_offsets: [end, begin] }), 'data_offsets'],
    [
      'with offsets out of range',
      () => changed({ data_offsets: [begin + 2 ** 40, end + 2 ** 40] }),
      'belong to no tensor',
    ],
    ['with offsets that no number counts', () => changed({ data_offsets: [0, 1e300] }), 'data_offsets'],
    ['with a size that no file has', () => changed({ shape: [2 ** 50, 2 ** 50] }), 'more bytes than any file has'],
    ['with a fraction of a size', () => changed({ shape: [1.5] }), 'shape'],
    ['with exponents alone', () => changed({ dtype: 'F8_E8M0' }), 'F8_E8M0', 'BF16'],
    ['with a name twice', () => file('{"a":{},"a":{}}'), 'duplicate key "a"'],
    ['of a million objects', () => file(`{"a":[${'{},'.repeat(1_000_000)}{}]}`), 'more than 1000000 values'],
    ['nested without end', () => file(`{"a":${'['.repeat(100_000)}`), 'nested deeper'],
    [
      'of another program of ours',
      () => file('{"__metadata__":{"resmirror":"{}"}}', { data: Buffer.alloc(0) }),
      'description',
    ],
  ];
  for (const [what, content, ...parts] of cases) it(what, () => refuses(content(), ...parts));

  it('cut short at every hundredth of its length', async () => {
    for (let part = 0; part < 100; part++) await refuses(good.subarray(0, Math.floor((part * good.length) / 100)));
    await refuses(good.subarray(0, -1));
  });

  it('or imported, whatever is written into it', () =>
    fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (share, bytes, inHeader) => {
          const content = Buffer.from(good);
          const at = Math.floor(share * (inHeader ? headerEnd : content.length - bytes.length));
          content.set(bytes, at);
          await writeFile(path, content);
          await importOrReason(path);
        },
      ),
      { numRuns: 150 },
    ));

  it('or imported, whatever an entry says', () => {
    const number = fc.oneof(fc.integer({ min: -8, max: 4096 }), fc.double(), fc.constantFrom(2 ** 53, 2 ** 63, -1));
    const entry = fc.record(
      {
        dtype: fc.constantFrom('F32', 'F16', 'F64', 'BF16', 'I64', 'BOOL', 'F4', ''),
        shape: fc.array(number, { maxLength: 5 }),
        data_offsets: fc.array(number, { maxLength: 3 }),
      },
      { requiredKeys: [] },
    );
    return fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(header)),
        fc.oneof(entry, fc.jsonValue()),
        async (name, value) => {
          await writeFile(path, file(JSON.stringify({ ...header, [name]: value })));
          await importOrReason(path);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('of garbage', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, framed) => {
        await writeFile(path, framed ? file(Buffer.from(bytes).toString('latin1')) : bytes);
        await assert.rejects(importWeights(path), userError(path));
      }),
      { numRuns: 150 },
    ));

  it('within memory of a few times its size', async () => {
    const before = process.memoryUsage().rss;
    await refuses(file(`{"a":[${'1,'.repeat(15_000_000)}1]}`), 'more than 1000000 values');
    assert.ok(process.memoryUsage().rss - before < 400e6);
  });
});

const folder = join(place, 'hub');
await writeHuggingFace(folder, model);
const sound: Record<string, unknown> = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));

describe('a folder', () => {
  /** A sound folder in which a file says something else. */
  async function changed(name: string, text: string | object): Promise<string> {
    await rm(folder, { recursive: true, force: true });
    await writeHuggingFace(folder, model);
    await writeFile(join(folder, name), typeof text === 'string' ? text : JSON.stringify(text));
    return folder;
  }
  const cases: readonly (readonly [what: string, file: string, text: string | object, ...parts: string[]])[] = [
    ['with a config.json that is no JSON', 'config.json', '{"a":', 'config.json', 'not valid JSON'],
    ['with a config.json that is a list', 'config.json', '[]', 'config.json', 'expected'],
    ['of another model', 'config.json', { model_type: 'bert' }, 'config.json', 'model_type "bert"'],
    ['of nothing', 'config.json', {}, 'config.json', 'architecture (timm)'],
    ['with depths of text', 'config.json', { ...sound, depths: ['1', '1'] }, 'config.json', 'depths.0', '"1"'],
    [
      'with huge depths',
      'config.json',
      { ...sound, depths: [1e9, 1], hidden_sizes: [2, 4] },
      'config.json',
      'depths.0',
    ],
    ['with many depths', 'config.json', { ...sound, depths: Array(1000).fill(1) }, 'config.json', 'length'],
    ['with a huge width', 'config.json', { ...sound, embedding_size: 1e308 }, 'config.json', 'embedding_size'],
    [
      'with widths that do not double',
      'config.json',
      { ...sound, hidden_sizes: [2, 6] },
      'config.json',
      'hidden_sizes are 2,6',
      '--net',
    ],
    ['with another activation', 'config.json', { ...sound, hidden_act: 'gelu' }, 'config.json', 'hidden_act is gelu'],
    ['that strides at once', 'config.json', { ...sound, downsample_in_first_stage: true }, 'first stage strides'],
    [
      'of other depths than its weights',
      'config.json',
      { ...sound, depths: [2, 1] },
      'does not fit',
      'config.json describes',
      'missing: layer1.1.conv1.weight',
    ],
    [
      'of other classes than its weights',
      'config.json',
      { ...sound, id2label: { 0: 'a', 1: 'b' } },
      'config.json describes',
      'classifier.1.weight is [3,4] instead of [2,4]',
    ],
    ['with labels that leave one out', 'config.json', { ...sound, id2label: { 0: 'a', 2: 'b', 3: 'c' } }, 'none for 1'],
    ['with labels that are numbers', 'config.json', { ...sound, id2label: { 0: 1 } }, 'config.json', 'id2label.0'],
    ['with a key twice', 'config.json', '{"model_type":"resnet","model_type":"resnet"}', 'duplicate key'],
    [
      'with a mean of text',
      'preprocessor_config.json',
      { image_mean: ['a'] },
      'preprocessor_config.json',
      'image_mean',
    ],
    ['with a deviation of 0', 'preprocessor_config.json', { image_std: [0, 0, 0] }, 'std'],
    [
      'with a size out of range',
      'preprocessor_config.json',
      { size: { shortest_edge: 1e9 } },
      'preprocessor_config.json',
      'size',
    ],
    ['with images by Lanczos', 'preprocessor_config.json', { resample: 1 }, 'Lanczos', '--interpolation'],
  ];
  for (const [what, name, text, ...parts] of cases)
    it(`${what} is refused`, async () =>
      void (await assert.rejects(importWeights(await changed(name, text)), userError(folder, ...parts))));

  it('is imported or refused, whatever its config.json says', () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(sound)), fc.jsonValue(), async (key, value) => {
        await writeFile(join(folder, 'config.json'), JSON.stringify({ ...sound, [key]: value }));
        await importOrReason(folder);
      }),
      { numRuns: 60 },
    ));

  it('is missing something', async () => {
    const empty = join(place, 'empty');
    await mkdir(empty);
    await assert.rejects(importWeights(empty), userError(empty, 'no weights', 'model.safetensors'));
    await cp(join(folder, 'model.safetensors'), join(empty, 'model.safetensors'));
    await assert.rejects(importWeights(empty), userError(empty, 'no config.json', '--net'));
  });
});

describe('an index of shards', () => {
  const index = join(place, 'model.safetensors.index.json');
  const cases: readonly (readonly [what: string, text: string | object, ...parts: string[]])[] = [
    ['that leads up', { weight_map: { a: '../secret.safetensors' } }, '../secret.safetensors', 'beside it'],
    ['that leads down', { weight_map: { a: 'sub/x.safetensors' } }, 'beside it'],
    ['that leads to the root', { weight_map: { a: '/etc/passwd' } }, '/etc/passwd', 'beside it'],
    ['that leads out as Windows does', { weight_map: { a: '..\\x' } }, 'beside it'],
    ['of the folder above', { weight_map: { a: '..' } }, 'beside it'],
    ['with a byte of 0', { weight_map: { a: 'x\0y' } }, 'beside it'],
    ['with numbers for shards', { weight_map: { a: 1 } }, 'weight_map.a'],
    ['without a map', { metadata: {} }, 'weight_map is missing'],
    ['of nothing', { weight_map: {} }, '0 shards'],
    [
      'of a million shards',
      { weight_map: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [i, `${i}`])) },
      '2000 shards',
    ],
    ['that is no JSON', 'x', 'not valid JSON'],
  ];
  for (const [what, text, ...parts] of cases)
    it(`${what} is refused`, async () => {
      await writeFile(index, typeof text === 'string' ? text : JSON.stringify(text));
      await assert.rejects(importWeights(index), userError(index, ...parts));
    });

  it('names shards that are not there, or hold something else', async () => {
    await writeFile(index, JSON.stringify({ weight_map: { a: 'none.safetensors' } }));
    await assert.rejects(importWeights(index), userError('none.safetensors', 'no such file'));
    await writeFile(join(place, 'whole.safetensors'), good);
    const all = Object.fromEntries(
      Object.keys(header)
        .filter((name) => name !== '__metadata__')
        .map((name) => [name, 'whole.safetensors']),
    );
    await writeFile(index, JSON.stringify({ weight_map: { ...all, more: 'whole.safetensors' } }));
    await assert.rejects(importWeights(index), userError(index, 'more is not in whole.safetensors'));
    const { 'fc.bias': _, ...fewer } = all;
    await writeFile(index, JSON.stringify({ weight_map: fewer }));
    await assert.rejects(importWeights(index), userError('whole.safetensors', 'fc.bias', 'does not know'));
    await writeFile(index, JSON.stringify({ weight_map: all }));
    assert.equal((await importWeights(index)).format, 'safetensors in 1 shards');
  });
});
