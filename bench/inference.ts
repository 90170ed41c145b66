/** Inference side by side with ONNX Runtime itself on PyTorch's export of the same network, and with PyTorch, in turns. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inTurns, Peer } from './peer.js';
import { KEEPING_MEMORY, PYTHON, print, type Settings } from './settings.js';

const depths = [18, 34, 50, 101, 152];
const works = ['resnet', 'transpose-resnet'].flatMap((kind) =>
  depths.flatMap((depth) => [1, 16].map((batch) => ({ network: `${kind}${depth}`, batch }))),
);
const SIZE = 224;

export async function inference({ threads, rounds, wanted }: Settings): Promise<void> {
  const heading = ['inference, ms per image', 'resmirror', 'bare runtime', 'torch', 'channels last', 'keeping memory'];
  print([...heading, 'to runtime', 'to torch', 'to keeping'], '---');
  const folder = mkdtempSync(join(tmpdir(), 'resmirror-bench-'));
  try {
    for (const { network, batch } of works) {
      const name = `${network}, ${SIZE} px, batch ${batch}`;
      if (!wanted(name)) continue;
      const args = [network, '--size', `${SIZE}`, '--batch', `${batch}`, '--threads', `${threads}`];
      const file = join(folder, `${network}.onnx`);
      const torch = [PYTHON, 'bench/torch/forward.py', ...args];
      const { status, stderr } = spawnSync(torch[0]!, [...torch.slice(1), '--export', file], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`PyTorch could not export ${network}: ${stderr}`);
      const own = [process.execPath, 'build/bench/forward.js', ...args];
      const peers = [
        new Peer('resmirror', own),
        new Peer('bare runtime', [...own, '--file', file]),
        new Peer('torch', [...torch, '--layout', 'contiguous']),
        new Peer('torch, channels last', [...torch, '--layout', 'channels_last']),
        new Peer('torch, keeping memory', [...torch, '--layout', 'channels_last'], KEEPING_MEMORY),
      ];
      const figures = (await inTurns(peers, rounds)).map(({ median }) => median);
      await Promise.all(peers.map((peer) => peer.close()));
      const [mine, runtime, contiguous, channelsLast, keeping] = figures as [number, number, number, number, number];
      const others = [runtime, Math.min(contiguous, channelsLast), keeping];
      print([
        name,
        ...figures.map((ms) => (ms / batch).toFixed(1)),
        ...others.map((other) => (mine / other).toFixed(2)),
      ]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
