/** Inference in 8-bit numbers beside the same network in float32, in turns. */
import { inTurns, Peer } from './peer.js';
import { print, type Settings } from './settings.js';

const works = ['resnet18', 'resnet50'].flatMap((network) => [1, 16].map((batch) => ({ network, batch })));

export async function quantized({ threads, rounds, wanted }: Settings): Promise<void> {
  print(['inference, 224 px, ms per image', 'float32', 'int8', 'ratio'], '---');
  for (const { network, batch } of works) {
    const name = `${network}, batch ${batch}`;
    if (!wanted(name)) continue;
    const own = [process.execPath, 'build/bench/forward.js', network, '--batch', `${batch}`, '--threads', `${threads}`];
    const peers = [new Peer('float32', own), new Peer('int8', [...own, '--int8'])];
    const [float, int8] = (await inTurns(peers, rounds)).map(({ median }) => median / batch) as [number, number];
    await Promise.all(peers.map((peer) => peer.close()));
    print([name, float.toFixed(1), int8.toFixed(1), (int8 / float).toFixed(2)]);
  }
}
