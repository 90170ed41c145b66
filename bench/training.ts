/**
 * Training steps side by side with PyTorch (Debian's python3-torch and python3-torchvision), in turns, 2 threads each.
 *
 *   npm run bench                       # the whole table, Markdown
 *   npm run bench -- resnet18 --rounds 6
 */
import { parseArgs } from 'node:util';
import { inTurns, Peer } from './peer.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '10' }, threads: { type: 'string', default: '2' } },
});

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

const { threads } = values;
console.log('| training step | resmirror, ms per image | torch | torch, channels last | ratio | target | memory, GB |');
console.log('|---|---|---|---|---|---|---|');
for (const [network, size, batch, target] of works) {
  if (!positionals.every((word) => network.includes(word))) continue;
  const args = [network, '--size', `${size}`, '--batch', `${batch}`, '--threads', threads];
  const torch = (layout: string) => ['/usr/bin/python3', 'bench/torch/step.py', ...args, '--layout', layout];
  const peers = [
    new Peer('resmirror', [process.execPath, 'build/bench/step.js', ...args]),
    new Peer('torch', torch('contiguous')),
    new Peer('torch, channels last', torch('channels_last')),
  ];
  const [own, ...others] = await inTurns(peers, Number(values.rounds));
  await Promise.all(peers.map((peer) => peer.close()));
  const perImage = (ms: number) => (ms / batch).toFixed(1);
  const best = others.reduce((a, b) => (b.median < a.median ? b : a));
  const cells = [
    `${network}, ${size} px, batch ${batch}`,
    ...[own!, ...others].map(({ median }) => perImage(median)),
    (own!.median / best.median).toFixed(2),
    target,
    `${own!.peakMemoryGB.toFixed(2)} to ${best.peakMemoryGB.toFixed(2)}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
