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

/** Of ourselves with a thread and without, of the runtime, and of PyTorch in two layouts and keeping its memory. */
type Figures = [own: number, same: number, bare: number, contiguous: number, channelsLast: number, keeping: number];

export async function inference({ threads, rounds, wanted }: Settings): Promise<void> {
  const own = ['inference, ms per image', 'resmirror', 'without a thread'];
  const others = ['bare runtime', 'torch', 'channels last', 'keeping memory'];
  print([...own, ...others, 'to runtime', 'without a thread', 'to torch', 'to keeping'], '---');
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
        new Peer('resmirror, without a thread', [...own, '--same-thread']),
        new Peer('bare runtime', [...own, '--file', file]),
        new Peer('torch', [...torch, '--layout', 'contiguous']),
        new Peer('torch, channels last', [...torch, '--layout', 'channels_last']),
        new Peer('torch, keeping memory', [...torch, '--layout', 'channels_last'], KEEPING_MEMORY),
      ];
      const figures = (await inTurns(peers, rounds)).map(({ median }) => median);
      await Promise.all(peers.map((peer) => peer.close()));
      const [mine, same, runtime, contiguous, channelsLast, keeping] = figures as Figures;
      const ratios = [mine / runtime, same / runtime, mine / Math.min(contiguous, channelsLast), mine / keeping];
      print([name, ...figures.map((ms) => (ms / batch).toFixed(1)), ...ratios.map((ratio) => ratio.toFixed(2))]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
