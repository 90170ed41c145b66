/** ResNet-18 side by side with what else runs it on Node: TensorFlow.js, jax-js and transformers.js, in turns. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inTurns, Peer } from './peer.js';
import { PYTHON, print, type Settings } from './settings.js';

const FOLDER = 'bench/javascript';
/** They take up to minutes a round, so rounds are few whatever was asked for. */
const ROUNDS = 2;

const works = [
  { name: 'inference, 224 px, batch 1', own: 'forward', train: false, size: 224, batch: 1 },
  { name: 'training step, 64 px, batch 4', own: 'step', train: true, size: 64, batch: 4 },
] as const;

export async function javascript({ threads, wanted }: Settings): Promise<void> {
  if (!existsSync(join(FOLDER, 'node_modules'))) {
    console.log(`not measured: the other libraries are not there; run 'npm install' in ${FOLDER}`);
    return;
  }
  print(['resnet18, ms per image', 'resmirror', 'TensorFlow.js', 'jax-js', 'transformers.js'], '---');
  const folder = mkdtempSync(join(tmpdir(), 'resmirror-bench-'));
  try {
    for (const { name, own, train, size, batch } of works) {
      if (!wanted(name)) continue;
      const sizes = ['--size', `${size}`, '--batch', `${batch}`];
      const program = (file: string, ...more: string[]) =>
        new Peer(file, [process.execPath, `${FOLDER}/${file}`, ...sizes, ...(train ? ['--train'] : []), ...more]);
      const peers = [
        new Peer('resmirror', [
          process.execPath,
          `build/bench/${own}.js`,
          'resnet18',
          ...sizes,
          '--threads',
          `${threads}`,
        ]),
        program('tfjs.js'),
        program('jax.js'),
        ...(train ? [] : [program('transformers.js', '--folder', exported(folder, size))]),
      ];
      const [mine, ...others] = (await inTurns(peers, ROUNDS)).map(({ median }) => median / batch) as [
        number,
        ...number[],
      ];
      await Promise.all(peers.map((peer) => peer.close()));
      const beside = others.map((ms) => `${ms.toFixed(1)} (×${(ms / mine).toPrecision(2)})`);
      print([name, mine.toFixed(1), ...beside, ...(train ? ['cannot train'] : [])]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** PyTorch's export in a folder as transformers.js wants it. */
function exported(folder: string, size: number): string {
  mkdirSync(join(folder, 'onnx'));
  const config = { model_type: 'resnet', architectures: ['ResNetForImageClassification'] };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const args = [
    'bench/torch/forward.py',
    'resnet18',
    '--size',
    `${size}`,
    '--export',
    join(folder, 'onnx', 'model.onnx'),
  ];
  const { status, stderr } = spawnSync(PYTHON, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`PyTorch could not export resnet18: ${stderr}`);
  return folder;
}
