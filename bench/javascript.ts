/** ResNet-18 side by side with what else runs it on Node: TensorFlow.js, jax-js and transformers.js, in turns. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inTurns, Peer } from './peer.js';
import { PYTHON, print, type Settings } from './settings.js';

const FOLDER = 'bench/javascript';

const inference = {
  name: 'inference, 224 px, batch 1',
  own: 'forward',
  args: ['--size', '224', '--batch', '1'],
  batch: 1,
};
const training = {
  name: 'training step, 64 px, batch 4',
  own: 'step',
  args: ['--size', '64', '--batch', '4', '--train'],
  batch: 4,
};
/** What takes seconds a round has two of them, however many were asked for. */
const works = [
  { library: 'transformers.js', file: 'transformers.js', work: inference, slow: false },
  { library: 'TensorFlow.js', file: 'tfjs.js', work: inference, slow: false },
  { library: 'jax-js', file: 'jax.js', work: inference, slow: true },
  { library: 'TensorFlow.js', file: 'tfjs.js', work: training, slow: true },
  { library: 'jax-js', file: 'jax.js', work: training, slow: true },
] as const;

export async function javascript({ threads, rounds, wanted }: Settings): Promise<void> {
  if (!existsSync(join(FOLDER, 'node_modules'))) {
    console.log(`not measured: the other libraries are not there; run 'npm install' in ${FOLDER}`);
    return;
  }
  print(['resnet18, ms per image', 'library', 'its time', 'resmirror', 'times as long'], '---');
  const folder = mkdtempSync(join(tmpdir(), 'resmirror-bench-'));
  exported(folder);
  try {
    for (const { library, file, work, slow } of works) {
      const { name, own, args, batch } = work;
      if (!wanted(`${name} ${library}`)) continue;
      const sizes = args.filter((word) => word !== '--train');
      const peers = [
        new Peer(library, [process.execPath, `${FOLDER}/${file}`, ...args, '--folder', folder]),
        new Peer('resmirror', [
          process.execPath,
          `build/bench/${own}.js`,
          'resnet18',
          ...sizes,
          '--threads',
          `${threads}`,
        ]),
      ];
      const figures = await inTurns(peers, slow ? 2 : rounds);
      await Promise.all(peers.map((peer) => peer.close()));
      const [its, mine] = figures.map(({ median }) => median / batch) as [number, number];
      print([name, library, its.toFixed(1), mine.toFixed(1), (its / mine).toPrecision(2)]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** PyTorch's export in a folder as transformers.js wants it. */
function exported(folder: string): void {
  mkdirSync(join(folder, 'onnx'));
  const config = { model_type: 'resnet', architectures: ['ResNetForImageClassification'] };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const args = ['bench/torch/forward.py', 'resnet18', '--size', '224', '--export', join(folder, 'onnx', 'model.onnx')];
  const { status, stderr } = spawnSync(PYTHON, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`PyTorch could not export resnet18: ${stderr}`);
}
