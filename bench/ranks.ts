/** Training steps of one process on all threads beside those of one process for each thread, joined by MPI, in turns. */
import { inTurns, Peer } from './peer.js';
import { print, type Settings } from './settings.js';

const works = [
  ['resnet18', 64, 64],
  ['resnet50', 224, 16],
] as const;

/** Gradients in 32 bits, and in fewer. */
const COMPRESSIONS = ['none', 'bf16'] as const;

/** mpirun of Open MPI refuses root and more ranks than cores unless it is told. */
const ENVIRONMENT = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };

export async function ranks({ threads, rounds, wanted }: Settings): Promise<void> {
  print(
    ['training step, ms', 'one process', `${threads} ranks`, 'throughput', 'waiting, %', 'MB sent a rank and step'],
    '---',
  );
  for (const [network, size, batch] of works)
    for (const compression of COMPRESSIONS) {
      const name = `${network}, ${size} px, batch ${batch}${compression === 'none' ? '' : `, ${compression}`}`;
      if (!wanted(name)) continue;
      const own = [process.execPath, 'build/bench/step.js', network, '--size', `${size}`, '--batch', `${batch}`];
      const launcher = ['mpirun', '-np', `${threads}`, '--oversubscribe', '--bind-to', 'core'];
      const compressed = compression === 'none' ? [] : ['--compress', compression];
      const peers = [
        new Peer('one process', [...own, '--threads', `${threads}`]),
        new Peer('ranks', [...launcher, ...own, '--threads', '1', ...compressed], ENVIRONMENT),
      ];
      const [alone, joined] = await inTurns(peers, rounds);
      await Promise.all(peers.map((peer) => peer.close()));
      print([
        name,
        alone!.median.toFixed(0),
        joined!.median.toFixed(0),
        (alone!.median / joined!.median).toFixed(2),
        ((100 * joined!.waitedMs) / joined!.median).toFixed(1),
        joined!.sentMB.toFixed(1),
      ]);
    }
}
