/** Images made ready for training beside torchvision with Pillow, in turns, on one core each. */
import { readdirSync } from 'node:fs';
import { inTurns, Peer } from './peer.js';
import { PYTHON, print, type Settings } from './settings.js';

/** Passes before any is counted: a training decodes thousands of images, the first hundreds with code that is not compiled yet. */
const LEAD = 20;

export async function data({ rounds, images }: Settings): Promise<void> {
  if (images === undefined) return console.log('give a folder of photos: --images FOLDER');
  const count = readdirSync(images).length;
  const onOneCore = (command: readonly string[]) => ['taskset', '-c', '0', ...command, images];
  const peers = [
    new Peer('resmirror', onOneCore([process.execPath, 'build/bench/decode.js'])),
    new Peer('torchvision', onOneCore([PYTHON, 'bench/torch/decode.py'])),
  ];
  for (const peer of peers) await peer.take(LEAD);
  const [own, torch] = (await inTurns(peers, rounds)).map(({ median }) => median / count) as [number, number];
  await Promise.all(peers.map((peer) => peer.close()));
  print(['images made ready, ms each', 'resmirror', 'torchvision', 'times faster'], '---');
  print([`${count} of ${images.split('/').at(-1)}`, own.toFixed(1), torch.toFixed(1), (torch / own).toFixed(2)]);
}
