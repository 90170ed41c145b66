/** A program of its own, for devices whose drivers are named by the environment: prints what was asked, as JSON. */
import { type Device, openRuntime } from '../../src/runtime/index.js';
import { fallbacksOf } from '../../src/runtime/node/fallbacks.js';
import { answers, disagreements } from './judge.js';
import * as questions from './questions.js';
import { placed } from './standard.js';
import { traffic } from './traffic.js';

type Accelerator = Exclude<Device, 'cpu'>;

/** What does not agree with the CPU. */
const compared = (asked: readonly questions.Question[]) => async (device: Accelerator) => {
  const cpu = openRuntime({ threads: 1, target: 'portable' });
  const expected = await answers(cpu, asked);
  await cpu.close();
  const runtime = openRuntime({ device, threads: 1 });
  const found = await disagreements(runtime, asked, expected);
  await runtime.close();
  return { asked: asked.length, found };
};

/** Where operators of small networks ran. */
const ran = (device: Accelerator) => {
  const { resnet, autoencoder, variational } = questions.small;
  return fallbacksOf(openRuntime, device, async (runtime) => {
    for (const training of [resnet!, autoencoder!, variational!]) await questions.stepOnce(runtime, training);
    for (const { name, answer } of questions.networks) if (name.startsWith('inference')) await answer(runtime);
  });
};

/** Whether inference in 16-bit floats works, and what it says of itself; where it does, how it differs from the CPU's in 32 bits. */
async function halves(device: Accelerator) {
  const inference = questions.networks
    .filter(({ name }) => name.startsWith('inference'))
    .map((question) => ({ ...question, tolerance: 2e-2 }));
  const cpu = openRuntime({ threads: 1, target: 'portable' });
  const expected = await answers(cpu, inference);
  await cpu.close();
  const runtime = openRuntime({ device, threads: 1, precision: 'float16' });
  const has = await runtime.hasHalves();
  const found = await disagreements(runtime, has ? inference : inference.slice(0, 1), expected);
  await runtime.close();
  return { has, found };
}

async function standard(device: Accelerator) {
  const runtime = openRuntime({ device, threads: 1, alone: true });
  const found = await placed(runtime);
  await runtime.close();
  return found;
}

async function crossing(device: Accelerator) {
  const runtime = openRuntime({ device, threads: 1 });
  const found = await traffic(runtime);
  await runtime.close();
  return found;
}

const subjects: Readonly<Record<string, (device: Accelerator) => Promise<object>>> = {
  operators: compared(questions.operators),
  networks: compared(questions.networks),
  fallbacks: ran,
  standard,
  traffic: crossing,
  halves,
};

const [device, subject] = process.argv.slice(2) as [Accelerator, string];
console.log(JSON.stringify(await subjects[subject]!(device)));
