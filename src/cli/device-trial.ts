/** A program of its own that tries one device: drivers that crash take nothing with them, and what they print stays here. */
import { input, matmul, type Value } from '../graph/index.js';
import { type Network, networkNamed } from '../models/index.js';
import { Build } from '../nn/index.js';
import { meanSquaredError, optimizers } from '../optim/index.js';
import { type Device, defaultThreads, deviceNamed, float32, openRuntime, type Runtime } from '../runtime/index.js';
import { fallbacksOf } from '../runtime/node/fallbacks.js';
import { Learner } from '../train/learner.js';

const SIDE = 512;
const PRODUCTS = 8;
const SECONDS = 0.3;

/** Multiplies matrices for a moment: that the device works, and how fast. */
export async function speedOf(device: Device, threads = defaultThreads()) {
  const runtime = openRuntime({ device, threads });
  try {
    const [a, b] = [input('a', [SIDE, SIDE]), input('b', [SIDE, SIDE])];
    // a chain, so that computing outweighs the way to the engine and back
    let chain: Value = a;
    for (let i = 0; i < PRODUCTS; i++) chain = matmul(chain, b);
    const program = await runtime.compile({ name: 'matrix products', outputs: { product: chain } });
    const ones = float32(new Float32Array(SIDE * SIDE).fill(1 / SIDE), [SIDE, SIDE]);
    const { product } = await program.run({ a: ones, b: ones });
    if (Math.abs(Number(product!.data[0]) - 1 / SIDE) > 1e-6) throw new Error(`${device} computes wrong products`);
    let runs = 0;
    const begun = performance.now();
    while (performance.now() - begun < SECONDS * 1000) {
      await program.run({ a: ones, b: ones });
      runs++;
    }
    const gflops = (runs * PRODUCTS * 2 * SIDE ** 3) / ((performance.now() - begun) * 1e6);
    return { threads, gflops, target: await runtime.target() };
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
