/** HDF5 that was made to do harm, or came to harm: never a crash or a hang, no other file, never much memory, always a reason. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../src/errors.js';
import { withFile } from '../../src/weights/byte-source.js';
import { Hdf5File } from '../../src/weights/hdf5/file.js';
import { importWeights } from '../../src/weights/import.js';
import { temporaryFolder, userError, write } from '../data/fixtures.js';
import { fixture } from './fixtures.js';
import { hdf5 } from './hdf5_files.js';
import { zip } from './pickles.js';

const folder = await temporaryFolder();
const path = join(folder, 'given.h5');
const refuses = async (content: Uint8Array, ...parts: readonly string[]) => {
  await write(path, content);
  await assert.rejects(importWeights(path), userError(path, ...parts));
};
/** Whether it was imported; if not, with a reason. */
const importOrReason = async (content: Uint8Array): Promise<boolean> => {
  const own = join(folder, `${Math.random()}.h5`);
  await write(own, content);
  try {
    await importWeights(own);
    return true;
  } catch (error) {
    if (!(error instanceof UserError) || !error.message.includes(own)) throw error;
    return false;
  }
};

describe('a damaged file', () => {
  for (const file of ['keras.h5', 'keras.weights.h5', 'keras2.keras'])
    it(`${file} is refused at every hundredth of its length`, async () => {
      const bytes = await readFile(fixture(file));
      const refused = async (length: number) => {
        const cut = await write(join(folder, `${file}-${length}`), bytes.subarray(0, length));
        await assert.rejects(importWeights(cut), userError(cut));
      };
      for (let part = 0; part < 100; part += 4)
        await Promise.all([0, 1, 2, 3].map((i) => refused(Math.floor(((part + i) * bytes.length) / 100))));
      await refused(bytes.length - 1);
    });

  for (const file of ['keras.h5', 'keras.weights.h5'])
    it(`${file} is imported or refused with a reason, whatever is written into it`, async () => {
      const original = await readFile(fixture(file));
      // behind its first bytes, which would have it refused as something else; few, so that much of it is read
      const at = fc.noBias(fc.integer({ min: 8, max: original.length - 1 }));
      const edit = fc.record({ at, bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) });
      let imported = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
          const bytes = Buffer.from(original);
          for (const { at, bytes: written } of edits) bytes.set(written.subarray(0, bytes.length - at), at);
          if (await importOrReason(bytes)) imported++;
        }),
        { numRuns: 60 },
      );
      if (file === 'keras.h5') assert.ok(imported > 0 && imported < 60, `${imported} of 60 were imported`); // the other has checksums
    });

  it('of any bytes behind its first ones is refused with a reason', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 512 }), async (rest) => {
        assert.equal(await importOrReason(Buffer.concat([Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), rest])), false);
      }),
      { numRuns: 20 },
    ));
});

describe('memory and time are bounded', () => {
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
  const MUCH = 250e6; // with a thread and the library in it

  const bombs: readonly (readonly [what: string, content: () => Promise<Uint8Array>, ...parts: string[]])[] = [
    [
      'a group that holds itself',
      () => hdf5((file) => file.create_hard_link('/', 'again')),
      'its groups are more than 16 deep',
    ],
    [
      'groups that hold the next one many times',
      () =>
        hdf5((file) => {
          let deep = 'g';
          file.create_group(deep);
          for (let i = 0; i < 10; i++) {
            for (let j = 1; j < 8; j++) file.create_hard_link(`/${deep}`, `${deep}${j}`);
            file.create_group(`${deep}/g`);
            for (let j = 0; j < 8; j++) file.create_hard_link(`/${deep}/g`, `${deep}/h${j}`);
            deep = `${deep}/g`;
          }
        }),
      'more than 10000 objects',
    ],
  ];
  for (const [what, content, ...parts] of bombs)
    it(what, async () => {
      const bytes = await content();
      const grown = await growth(() => refuses(bytes, ...parts));
      assert.ok(grown < MUCH, `${grown}`);
    });

  it('numbers that a file does not hold are not made', async () => {
    // all of a network, but for a dense layer that claims a gigabyte
    const bytes = await hdf5((file) => {
      const make = (layer: string, part: string, shape: number[]) =>
        file.create_dataset({
          name: `${layer}/${part}:0`,
          data: new Float32Array(shape.reduce((a, b) => a * b)),
          shape,
        });
      const norm = (layer: string, size: number) => {
        file.create_group(layer);
        for (const part of ['gamma', 'beta', 'moving_mean', 'moving_variance']) make(layer, part, [size]);
      };
      const conv = (layer: string, shape: number[]) => {
        file.create_group(layer);
        make(layer, 'kernel', shape);
      };
      conv('conv1_conv', [7, 7, 3, 64]);
      norm('conv1_bn', 64);
      for (const [i, shape] of [
        [1, 1, 64, 256],
        [1, 1, 64, 64],
        [3, 3, 64, 64],
        [1, 1, 64, 256],
      ].entries()) {
        conv(`conv2_block1_${i}_conv`, shape);
        norm(`conv2_block1_${i}_bn`, shape[3]!);
      }
      const dense = file.create_group('predictions');
      const classes = 1_000_000;
      dense.create_dataset({
        name: 'kernel:0',
        data: new Float32Array(256),
        shape: [256, 1],
        maxshape: [256, null],
        chunks: [256, 64],
      });
      dense.create_dataset({ name: 'bias:0', data: new Float32Array(1), shape: [1], maxshape: [null], chunks: [64] });
      (file.get('predictions/kernel:0') as { resize(shape: number[]): number } & object).resize([256, classes]);
      (file.get('predictions/bias:0') as { resize(shape: number[]): number } & object).resize([classes]);
    });
    const grown = await growth(() => refuses(bytes, 'its tensors take', 'made to exhaust memory'));
    assert.ok(grown < MUCH, `${grown}`);
  });

  it('and the library is given no more memory than a file of that size is worth', async () => {
    const bytes = await hdf5((file) => {
      file.create_dataset({ name: 'a', data: new Float32Array(1), maxshape: [null], chunks: [64] }).resize([2 ** 28]);
    });
    await withFile(await write(path, bytes), async (source) => {
      const file = await Hdf5File.open(source);
      const grown = await growth(() =>
        assert.rejects(file.read('a', 2 ** 30), userError('there is no memory for the 1073741824 bytes of a')),
      );
      await file.close();
      assert.ok(grown < MUCH, `${grown}`);
    });
  });
});

describe('other files are not read', async () => {
  const all = ['storage', 'input', 'virtual'].map((where) => `${where}/conv1_conv/kernel:0`);
  it('in whichever way a file names them', () =>
    withFile(fixture('keras-elsewhere.h5'), async (source) => {
      for (const one of all) {
        const file = await Hdf5File.open(source);
        try {
          const { datasets } = await file.list();
          assert.deepEqual(
            datasets.map(({ path, elsewhere }) => [path, elsewhere]).sort(),
            all.map((path) => [path, path.startsWith('virtual')]).sort(),
          );
          if (one.startsWith('virtual')) assert.deepEqual([...(await file.read(one, 32))], new Array(32).fill(0));
          else await assert.rejects(file.read(one, 32), userError(source.name, 'cannot be read'));
        } finally {
          await file.close();
        }
      }
    }));
  it('and the file is refused', () =>
    assert.rejects(importWeights(fixture('keras-elsewhere.h5')), userError('lies in another file, which is not read')));
});

describe('an archive is refused', async () => {
  const cases: readonly (readonly [what: string, content: Uint8Array, ...parts: string[]])[] = [
    ['without HDF5 in it', zip({ name: 'model.weights.h5', data: Buffer.from('nothing') }), 'as HDF5'],
    [
      'with a description that is no JSON',
      zip({ name: 'model.weights.h5', data: await hdf5(() => {}) }, { name: 'config.json', data: Buffer.from('{') }),
      'is no JSON',
    ],
    [
      'with a description of a class',
      zip(
        { name: 'model.weights.h5', data: await hdf5(() => {}) },
        { name: 'config.json', data: Buffer.from('{"config":{}}') },
      ),
      'has no list of layers',
    ],
    [
      'with a description that is deep',
      zip(
        { name: 'model.weights.h5', data: await hdf5(() => {}) },
        { name: 'config.json', data: Buffer.alloc(1e6, '[') },
      ),
      'is no JSON',
    ],
  ];
  for (const [what, content, ...parts] of cases) it(what, () => refuses(content, ...parts));
});
