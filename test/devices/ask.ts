/** A program of its own, for devices whose drivers are named by the environment: prints what does not agree, and what falls back. */
import { type Device, openRuntime } from '../../src/runtime/index.js';
import { fallbacksOf } from '../../src/runtime/node/fallbacks.js';
import { answers, disagreements } from './judge.js';
import * as questions from './questions.js';

const [device, subject] = process.argv.slice(2) as [Exclude<Device, 'cpu'>, 'operators' | 'networks' | 'fallbacks'];

async function compared(asked: readonly questions.Question[]) {
  const cpu = openRuntime({ threads: 1, target: 'portable' });
  const expected = await answers(cpu, asked);
  await cpu.close();
  const runtime = openRuntime({ device, threads: 1 });
  const found = await disagreements(runtime, asked, expected);
  await runtime.close();
  return { asked: asked.length, found };
}

async function placed() {
  const { resnet, autoencoder, variational } = questions.small;
  return fallbacksOf(openRuntime, device, async (runtime) => {
    for (const training of [resnet!, autoencoder!, variational!]) await questions.stepOnce(runtime, training);
    for (const { name, answer } of questions.networks) if (name.startsWith('inference')) await answer(runtime);
  });
}

console.log(JSON.stringify(subject === 'fallbacks' ? await placed() : await compared(questions.subjects[subject])));
