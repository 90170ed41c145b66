/** A large checkpoint is imported with little more memory than its weights take. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { buildNetwork, resnet } from '../../src/models/index.js';
import { writeBareSafetensors } from '../../src/weights/export/safetensors.js';
import { writeTorch } from '../../src/weights/export/torch.js';
import type { Model, Weights } from '../../src/weights/index.js';
import { temporaryFolder } from '../data/fixtures.js';
import { classifier } from './models.js';

/** What is promised of a gigabyte is held at a third of it: the program itself, 60 MB, counts for more then. */
const RATIO = 2.5;

/** Zeros, which are quickly made. */
function large(): Model {
  const network = resnet({ bottleneck: true, repeats: [3, 4, 6, 3], width: 120 });
  const { build } = buildNetwork(network, { batch: 1 });
  const weights: Weights = Object.fromEntries(
    [...build.parameters].map(([name, { shape }]) => {
      const sizes = shape as readonly number[];
      const data = new Float32Array(sizes.reduce((a, b) => a * b, 1));
      return [name, { dtype: 'float32' as const, shape: sizes, data }];
    }),
  );
  const { card } = classifier('cifar-resnet20');
  return { card: { ...card, network: network.config }, network, weights };
}

it('300 MB take less than 2.5 times as much, in both formats', async () => {
  const folder = await temporaryFolder();
  const model = large();
  const modules = ['import', 'index'].map((name) => new URL(`../../src/weights/${name}.js`, import.meta.url).href);
  for (const [name, write] of [
    ['x.pth', writeTorch],
    ['x.safetensors', writeBareSafetensors],
  ] as const) {
    const path = join(folder, name);
    await write(path, model);
    const { size } = await stat(path);
    assert.ok(size > 280e6, `${size}`);
    const code = `
      const { importWeights } = await import('${modules[0]}');
      const { writeModel } = await import('${modules[1]}');
      await writeModel(${JSON.stringify(join(folder, 'out.safetensors'))}, (await importWeights(${JSON.stringify(path)})).model);
      console.log(process.resourceUsage().maxRSS);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    const peak = 1024 * Number(stdout);
    assert.ok(peak > size && peak < RATIO * size, `${name}: ${(peak / size).toFixed(2)} times ${size} bytes ${stderr}`);
    console.log(`# ${name}: ${(peak / size).toFixed(2)} times its ${Math.round(size / 1e6)} MB`);
    await rm(path);
  }
});
