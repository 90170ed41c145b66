/** Training steps side by side with PyTorch (Debian's python3-torch and python3-torchvision), in turns. */
import { inTurns, Peer } from './peer.js';
import { KEEPING_MEMORY, PYTHON, print, type Settings } from './settings.js';

/** Network, size, batch, and how much of PyTorch's time it may take. */
const works = [
  ['resnet18', 224, 16, 0.95],
  ['resnet50', 224, 16, 0.9],
  ['resnet18', 64, 64, 0.75],
  ['cifar-resnet20', 32, 128, 1],
  ['transpose-resnet18', 64, 32, 1],
  ['transpose-resnet50', 64, 32, 1],
  ['autoencoder-resnet18', 64, 32, 1],
] as const;

export async function training({ threads, rounds, wanted }: Settings): Promise<void> {
  const heading = ['training step, ms per image', 'blocked', 'portable', 'torch', 'channels last', 'keeping memory'];
  print([...heading, 'blocked / torch', 'portable / torch', 'blocked / keeping', 'target', 'memory, GB'], '---');
  for (const [network, size, batch, target] of works) {
    const name = `${network}, ${size} px, batch ${batch}`;
    if (!wanted(name)) continue;
    const args = [network, '--size', `${size}`, '--batch', `${batch}`, '--threads', `${threads}`];
    const own = [process.execPath, 'build/bench/step.js', ...args];
    const torch = [PYTHON, 'bench/torch/step.py', ...args, '--layout'];
    const peers = [
      new Peer('blocked', own),
      new Peer('portable', [...own, '--target', 'portable']),
      new Peer('torch', [...torch, 'contiguous']),
      new Peer('torch, channels last', [...torch, 'channels_last']),
      new Peer('torch, keeping memory', [...torch, 'channels_last'], KEEPING_MEMORY),
    ];
    const figures = await inTurns(peers, rounds);
    await Promise.all(peers.map((peer) => peer.close()));
    const [blocked, portable, contiguous, channelsLast, keeping] = figures.map(({ median }) => median) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const best = Math.min(contiguous, channelsLast);
    const memory = `${figures[0]!.peakMemoryGB.toFixed(2)} to ${figures[3]!.peakMemoryGB.toFixed(2)}`;
    print([
      name,
      ...figures.map(({ median }) => (median / batch).toFixed(1)),
      ...[blocked / best, portable / best, blocked / keeping].map((ratio) => ratio.toFixed(2)),
      `${target}`,
      memory,
    ]);
  }
}
