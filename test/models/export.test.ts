/** Exported networks: accepted by the ONNX project's checker, and equal to the model for any batch size. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { elements } from '../../src/graph/index.js';
import {
  autoencoder,
  buildNetwork,
  type GivenSetting,
  type Network,
  resnet,
  transposeResnet,
} from '../../src/models/index.js';
import { initialise } from '../../src/nn/index.js';
import { writeOnnx } from '../../src/onnx/index.js';
import { random } from '../../src/random/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';

const PYTHON = '/usr/bin/python3'; // Debian's, which finds Debian's python3-onnx
const checker = spawnSync(PYTHON, ['-c', 'import onnx']).status === 0;
const CHECK = 'import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True)';

const small = { size: 32, classes: 10 } as const;
const everyOption: GivenSetting = {
  ...{ bottleneck: true, repeats: [1, 2], width: 16, groups: 4, widthPerGroup: 32 },
  ...({ stem: 'deep', downsample: 'average', attention: 'se' } as const),
};
const networks: readonly Network[] = [
  ...[everyOption, { ...everyOption, preactivation: true }].flatMap((setting) => [
    resnet(setting, small),
    ...(['deconv', 'resize', 'pixel-shuffle'] as const).map((upsample) =>
      transposeResnet(setting, { size: 32, latent: 16, upsample }),
    ),
  ]),
  ...['RESNET18', 'RESNET34', 'RESNET50', 'RESNET101', 'RESNET152'].flatMap((name) => [
    resnet(name, small),
    transposeResnet(name, { size: 32, latent: 16 }),
  ]),
  resnet('RESNET18', { ...small, variant: 'cifar' }),
  resnet('RESNET50', { ...small, stride: 'first' }),
  resnet('RESNET18', { variant: 'article', size: [64, 96], classes: 10 }),
  // the article's transposed networks of five depths have 62 to 389 million parameters, this one 24
  transposeResnet({ bottleneck: true, repeats: [1, 1, 1, 1] }, { variant: 'article', size: 32, latent: 16 }),
  transposeResnet('RESNET18', { size: 32, latent: 16, upsample: 'resize' }),
  transposeResnet('RESNET18', { size: 32, latent: 16, upsample: 'pixel-shuffle' }),
  ...(['A', 'B', 'C'] as const).map((shortcut) => resnet('CIFAR_RESNET20', { shortcut })),
  transposeResnet('CIFAR_RESNET20', { latent: 16 }),
  autoencoder('RESNET18', { size: [64, 32], channels: 1 }),
];

const titleOf = ({ name, config }: Network) =>
  `${name} ${JSON.stringify(config, (key, value) => (['kind', 'setting', 'encoder', 'decoder'].includes(key) ? undefined : value))}`;

describe('an exported network', () => {
  const runtime = openRuntime();
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmirror-'));
  });
  after(async () => {
    await runtime.close();
    await rm(folder, { recursive: true });
  });

  for (const network of networks)
    it(titleOf(network), async (t) => {
      const { y, build } = buildNetwork(network);
      const graph = { name: network.name, outputs: { y } };
      const weights = initialise(build.parameters.values(), 1);
      const bytes = writeOnnx(graph, { weights: new Map(Object.entries(weights)) });
      await runtime.write(weights);
      const [own, exported] = [await runtime.compile(graph), await runtime.load(bytes)];
      for (const batch of [1, 3]) {
        const shape = [batch, ...network.input];
        const { normal } = random('export', batch);
        const x = { input: float32(Float32Array.from({ length: elements(shape) }, normal), shape) };
        const [a, b] = [await own.run(x), await exported.run(x)].map(({ y }) => y!.data as Float32Array) as [
          Float32Array,
          Float32Array,
        ];
        assert.equal(a.length, b.length);
        const largest = a.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
        const strays = a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i]!)), 0) / largest;
        assert.ok(strays < 1e-5, `outputs stray by ${strays} at batch ${batch}`);
      }
      await Promise.all([own.release(), exported.release()]);
      if (!checker) return t.diagnostic('no python3-onnx: not checked');
      const path = join(folder, 'network.onnx');
      await writeFile(path, bytes);
      const { status, stderr } = spawnSync(PYTHON, ['-c', CHECK, path], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    });
});
