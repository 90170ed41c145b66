/**
 * Training and inference on a device beside this machine's CPU, and beside PyTorch on the same GPU where it has one.
 *
 *   node build/bench/devices.js                                                       # ResNet-18 and -50 at 224 pixels on webgpu
 *   node build/bench/devices.js --networks '{"bottleneck":false,"repeats":[1],"width":4}' --size 32 --batch 2 --rounds 2   # to see that it works, by software
 *
 * No figure of a real GPU has been measured with it yet.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inTurns, Peer } from './peer.js';
import { PYTHON, print } from './settings.js';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'webgpu' },
    networks: { type: 'string', default: 'resnet18 resnet50' },
    size: { type: 'string', default: '224' },
    batch: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '10' },
    threads: { type: 'string', default: '2' },
  },
});

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const torchScript = (name: string) => fileURLToPath(new URL(`../../bench/torch/${name}`, import.meta.url));

/** PyTorch's name for the GPU that it can reach, if any. */
const ASK =
  'import torch; print("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "")';
const torchDevice = spawnSync(PYTHON, ['-c', ASK], { encoding: 'utf8' }).stdout?.trim();
if (!torchDevice) console.error('PyTorch reaches no GPU here: its column is left out');

const jobs = { training: 'step', inference: 'forward' } as const;

print(['', `${values.device}, ms`, 'cpu, ms', ...(torchDevice ? [`PyTorch, ${torchDevice}, ms`] : [])], '---');
for (const name of values.networks.split(' '))
  for (const [job, work] of Object.entries(jobs)) {
    const args = [name, '--size', values.size, '--batch', values.batch, '--threads', values.threads];
    const own = (device: string) => [process.execPath, script(`${work}.js`), ...args, '--device', device];
    const peers = [
      new Peer(values.device, own(values.device)),
      new Peer('cpu', own('cpu')),
      ...(torchDevice
        ? [new Peer('PyTorch', [PYTHON, torchScript(`${work}.py`), ...args, '--device', torchDevice])]
        : []),
    ];
    const figures = await inTurns(peers, Number(values.rounds));
    for (const peer of peers) await peer.close();
    print([
      `${name}, ${job}, batch ${values.batch}, ${values.size} px`,
      ...figures.map(({ median }) => median.toFixed(1)),
    ]);
  }
