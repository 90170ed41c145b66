/** A program of its own that tries one device: drivers that crash take nothing with them, and what they print stays here. */
import { input } from '../graph/index.js';
import { type Network, networkNamed } from '../models/index.js';
import { Build } from '../nn/index.js';
import { meanSquaredError, optimizers } from '../optim/index.js';
import { type Device, deviceNamed, float32, openRuntime, type Runtime } from '../runtime/index.js';
import { fallbacksOf } from '../runtime/node/fallbacks.js';
import { type Speed, trial } from '../runtime/trial.js';
import { Learner } from '../train/learner.js';

async function speedOf(device: Device): Promise<Speed> {
  const runtime = openRuntime({ device });
  try {
    return await trial(runtime);
  } finally {
    await runtime.close();
  }
}

const setting = '{"bottleneck":true,"repeats":[1,1],"width":8}';

/** One step of training; the optimiser's state is made too. */
async function step(runtime: Runtime, network: Network): Promise<void> {
  const build = new Build({ training: true });
  const y = network.forward(input('x', [2, ...network.input]), build);
  const loss = meanSquaredError(y, input('target', y.shape));
  const learner = await Learner.create(runtime, { loss, optimizer: optimizers.sgd(), tracked: build.updates });
  const zeros = (shape: readonly number[]) => float32(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  const feeds = { x: zeros([2, ...network.input]), target: zeros(y.shape as number[]) };
  await learner.step(feeds, { step: 0, learningRate: 0 });
  await learner.release();
}

/** What a ResNet and its mirror leave to the CPU in training. */
const fallbacks = (device: Exclude<Device, 'cpu'>) =>
  fallbacksOf(openRuntime, device, async (runtime) => {
    await step(runtime, networkNamed(setting, { size: [32, 32], classes: 4 }));
    await step(runtime, networkNamed(`transpose-${setting}`, { size: [32, 32], latent: 8 }));
  });

const [name, question] = process.argv.slice(2);
if (name && question && process.send) {
  const device = deviceNamed(name);
  const answer = question === 'speed' ? speedOf(device) : fallbacks(device as Exclude<Device, 'cpu'>);
  const told = await answer.catch((error: Error) => ({ error: error.message }));
  process.send(told, () => process.disconnect());
}
