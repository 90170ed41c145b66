/** What a step of training carries between the program and a device. */
import { input } from '../../src/graph/index.js';
import { networkNamed } from '../../src/models/index.js';
import { Build } from '../../src/nn/index.js';
import { crossEntropy, optimizers } from '../../src/optim/index.js';
import { float32, type Runtime } from '../../src/runtime/index.js';
import { Learner } from '../../src/train/learner.js';

const BATCH = 2;
const CLASSES = 3;
const network = networkNamed('{"bottleneck":false,"repeats":[1],"width":16}', { size: [32, 32], classes: CLASSES });

const trainings = { everything: () => true, 'the last layer': (name: string) => name.startsWith('fc') };

/** Of the third step: bytes that crossed each way, beside those of its batch; and of all numbers that stay from step to step. */
export async function traffic(runtime: Runtime) {
  const found: Record<string, object> = {};
  for (const [what, isLearned] of Object.entries(trainings)) {
    const build = new Build({ training: true });
    const y = network.forward(input('x', [BATCH, ...network.input]), build);
    const loss = crossEntropy(y, input('target', y.shape));
    const learner = await Learner.create(runtime, {
      loss,
      optimizer: optimizers.sgd({ momentum: 0.9 }),
      tracked: build.updates,
      learned: ({ source }) => isLearned(source.name),
    });
    const shape = [BATCH, ...network.input];
    const feeds = {
      x: float32(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5), shape),
      target: float32(Float32Array.of(1, 0, 0, 0, 1, 0), [BATCH, CLASSES]),
    };
    const moment = (step: number) => ({ step, learningRate: 0.01 });
    for (let step = 0; step < 2; step++) await learner.step(feeds, moment(step));
    const before = await runtime.traffic();
    await learner.step(feeds, moment(2));
    const after = await runtime.traffic();
    const variables = await runtime.read([
      ...build.parameters.keys(),
      ...learner.states.map(({ source }) => source.name),
    ]);
    const bytes = (tensors: object) => Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
    found[what] = {
      toDevice: after.toDevice - before.toDevice,
      fromDevice: after.fromDevice - before.fromDevice,
      batch: bytes(feeds),
      variables: bytes(variables),
    };
    await learner.release();
  }
  return found;
}
