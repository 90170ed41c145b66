/**
 * Training and inference on a device beside this machine's CPU, and beside PyTorch on the same GPU where it has one: images per second.
 *
 *   node build/bench/devices.js                        # ResNet-18 and -50 at 224 pixels on webgpu, within ten minutes
 *   node build/bench/devices.js --networks '{"bottleneck":false,"repeats":[1],"width":4}' --size 32 --batch 2 --minutes 1   # to see that it works, by software
 *
 * Needs nobody: a row that fails says so in its place, and the others follow. `PYTHON` names a Python with PyTorch. docs/devices.md says what a
 * machine has to have. No figure of a real GPU has been measured with it yet.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Peer } from './peer.js';
import { PYTHON, print } from './settings.js';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'webgpu' },
    networks: { type: 'string', default: 'resnet18 resnet50' },
    size: { type: 'string', default: '224' },
    batch: { type: 'string', default: '32' },
    'cpu-batch': { type: 'string', default: '8' },
    minutes: { type: 'string', default: '8' },
    threads: { type: 'string', default: `${availableParallelism()}` },
  },
});

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const torchScript = (name: string) => fileURLToPath(new URL(`../../bench/torch/${name}`, import.meta.url));
const said = (program: string, args: readonly string[]) =>
  spawnSync(program, [...args], { encoding: 'utf8', timeout: 120_000 }).stdout?.trim() || undefined;

/** PyTorch's name for the GPU that it can reach, if any. */
const ASK =
  'import torch; print("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "")';
const torchDevice = said(PYTHON, ['-c', ASK]);

/** What the table has to be read with. */
const facts = {
  date: new Date().toISOString().slice(0, 10),
  gpu: said('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader']) ?? 'not told (no nvidia-smi)',
  cpu: `${values.threads} threads`,
  node: process.version,
  pytorch: said(PYTHON, ['-c', 'import torch; print(torch.__version__)']) ?? 'none',
};
for (const [name, fact] of Object.entries(facts)) console.log(`- ${name}: ${fact}`);
if (!torchDevice) console.log('- PyTorch reaches no GPU here: its column is left out');
console.log();

interface Work {
  readonly name: string;
  readonly file: string;
  readonly more?: readonly string[];
}
const works: readonly Work[] = [
  { name: 'training', file: 'step' },
  { name: 'inference', file: 'forward' },
];
const halves: Work = { name: 'inference, float16', file: 'forward', more: ['--precision', 'float16'] };

interface Column {
  readonly name: string;
  readonly batch: number;
  /** The command for a work; nothing where it is not asked for that. */
  command(network: string, work: Work): readonly string[] | undefined;
}
const shared = ['--size', values.size, '--threads', values.threads];
const own = (device: string, batch: string): Column => ({
  name: `${device}, batch ${batch}`,
  batch: Number(batch),
  command: (network, { file, more = [] }) => [
    ...[process.execPath, script(`${file}.js`), network, ...shared, '--batch', batch, '--device', device],
    ...more,
  ],
});
const torch = (device: string, batch: string): Column => ({
  name: `PyTorch, ${device}, batch ${batch}`,
  batch: Number(batch),
  command: (network, work) =>
    work === halves
      ? undefined
      : [PYTHON, torchScript(`${work.file}.py`), network, ...shared, '--batch', batch, '--device', device],
});
const cpu = own('cpu', values['cpu-batch']);
const columns: readonly Column[] = [
  own(values.device, values.batch),
  ...(torchDevice ? [torch(torchDevice, values.batch)] : []),
  { ...cpu, command: (network, work) => (work === halves ? undefined : cpu.command(network, work)) },
];

const networks = values.networks.split(' ');
const rows = networks.flatMap((network) => [...works, halves].map((work) => ({ network, work })));
/** Seconds for each cell; a slow one may take the time that others left. */
const share = (Number(values.minutes) * 60) / (rows.length * columns.length);
const secondsLeft = () => Number(values.minutes) * 60 - performance.now() / 1000;

/** Median images per second, of as many rounds as there is time for. */
async function measured(command: readonly string[], name: string, batch: number): Promise<string> {
  const peer = new Peer(name, command);
  let late: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error('too slow')), 1000 * Math.max(1, Math.min(4 * share, secondsLeft())));
  });
  try {
    const work = async () => {
      const times: number[] = [];
      await peer.take(1); // kernels are compiled and memory is taken
      const begun = performance.now();
      while (times.length < 3 || (performance.now() - begun) / 1000 < share / 2) times.push(...(await peer.take(1)).ms);
      return times.sort((a, b) => a - b)[times.length >> 1]!;
    };
    const median = await Promise.race([work(), patience]);
    return ((1000 * batch) / median).toFixed(1);
  } catch (error) {
    return `failed: ${(error as Error).message}`;
  } finally {
    clearTimeout(late);
    peer.kill();
  }
}

print(['images per second', ...columns.map(({ name }) => name)], '---');
for (const { network, work } of rows) {
  const cells: string[] = [];
  for (const { name, batch, command } of columns) {
    const given = command(network, work);
    cells.push(given ? await measured(given, name, batch) : '');
  }
  print([`${network}, ${work.name}, ${values.size} px`, ...cells]);
}
