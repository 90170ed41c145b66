/** Weights that never change: the same answers on every target, and memory that goes where it should. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as g from '../../src/graph/index.js';
import { autoencoder, buildNetwork, type Network, resnet, transposeResnet } from '../../src/models/index.js';
import { initialise } from '../../src/nn/index.js';
import { random } from '../../src/random/index.js';
import { float32, openRuntime, type Tensor, type Tensors } from '../../src/runtime/index.js';
import { writeSafetensors } from '../../src/weights/index.js';
import { openSafetensors } from '../../src/weights/open-safetensors.js';
import { temporaryFolder } from '../data/fixtures.js';
import { assertClose } from '../lower/reference.js';
import { everyTarget } from '../lower/targets.js';

const folder = await temporaryFolder();
const runtimes = everyTarget.map((target) => openRuntime({ threads: 1, target }));
after(() => Promise.all(runtimes.map((runtime) => runtime.close())));

const networks: readonly Network[] = [
  resnet('RESNET18', { size: 64, classes: 7 }),
  resnet('RESNET50', { size: 64, classes: 7 }),
  resnet('CIFAR_RESNET20', { shortcut: 'A' }),
  resnet('RESNET18', { size: 64, variant: 'article' }),
  ...(['deconv', 'resize', 'pixel-shuffle'] as const).map((upsample) =>
    transposeResnet('RESNET18', { size: 64, upsample }),
  ),
  autoencoder('CIFAR_RESNET20', { size: 32, variant: 'cifar' }),
];

/** First weights, with statistics and scales as training leaves them: no ones and zeros. */
function weightsOf(network: Network): Tensors {
  const parameters = [...buildNetwork(network).build.parameters.values()];
  const { uniform } = random('fixed weights', network.name);
  return Object.fromEntries(
    Object.entries(initialise(parameters, 0)).map(([name, tensor]) => [
      name,
      tensor.shape.length > 1
        ? tensor
        : float32(
            tensor.data.map((v) => v + 0.1 + 0.4 * uniform()),
            tensor.shape,
          ),
    ]),
  );
}

const outputOf = (network: Network, batch: number | string) => ({
  name: network.name,
  outputs: { y: buildNetwork(network, { batch }).y },
});
const drawn = (shape: readonly number[]) => {
  const { uniform } = random('images', shape.join());
  return float32(
    Float32Array.from({ length: g.elements(shape) }, () => uniform() - 0.5),
    shape,
  );
};

/** Norms of drawn statistics amplify rounding from layer to layer. */
const TOLERANCE = 1e-3;

for (const [i, network] of networks.entries())
  test(`${i + 1}. ${network.name}: as with a free batch size, where the engine folds`, async () => {
    const weights = weightsOf(network);
    const input = drawn([2, ...network.input]);
    for (const runtime of runtimes) {
      const found: Tensors[] = [];
      for (const batch of ['n', 2]) {
        const program = await runtime.compile(outputOf(network, batch), { weights });
        found.push(await program.run({ input }));
        await program.release();
      }
      assertClose(found[1]!.y, found[0]!.y!.data as Float32Array, network.name, TOLERANCE);
    }
  });

test('for a few runs weights stay as they lie: nothing runs beforehand, and the answers are the same', async () => {
  const network = resnet('RESNET18', { size: 64, classes: 7 });
  const weights = weightsOf(network);
  const input = drawn([2, ...network.input]);
  const runtime = runtimes.at(-1)!;
  const isBlocked = (await runtime.target()) !== 'portable';
  const runsOf = async <T>(work: () => Promise<T>) => {
    const { runs } = await runtime.traffic();
    const result = await work();
    return { result, runs: (await runtime.traffic()).runs - runs };
  };
  const ready = await runsOf(() => runtime.compile(outputOf(network, 2), { weights }));
  const brief = await runsOf(() => runtime.compile(outputOf(network, 2), { weights, fewRuns: true }));
  assert.deepEqual([ready.runs, brief.runs], [isBlocked ? 1 : 0, 0]);
  const { y } = await ready.result.run({ input });
  assertClose((await brief.result.run({ input })).y, y!.data as Float32Array, network.name, TOLERANCE);
});

test('for a few runs weights are taken out of their file, or as numbers where that cannot be', async () => {
  const network = resnet('CIFAR_RESNET20');
  const weights = weightsOf(network);
  const input = drawn([2, ...network.input]);
  const runtime = runtimes.at(-1)!;
  const { y } = await (await runtime.compile(outputOf(network, 2), { weights })).run({ input });
  const path = join(folder, 'weights.safetensors');
  await writeSafetensors(path, { tensors: Object.entries(weights) });
  const { tensors } = await openSafetensors(path);
  const outOf = (place: string, numbers: (name: string) => Tensor['data']): Tensors =>
    Object.fromEntries(
      [...tensors].map(([name, { shape, external }]) => [
        name,
        {
          dtype: 'float32',
          shape,
          external: { ...external!, folder: place },
          get data() {
            return numbers(name) as Float32Array;
          },
        },
      ]),
    );
  const ways = [
    outOf(folder, (name) => assert.fail(`the numbers of ${name} were asked for`)),
    outOf(join(folder, 'nowhere'), (name) => weights[name]!.data),
  ];
  for (const lying of ways) {
    const program = await runtime.compile(outputOf(network, 2), { weights: lying, fewRuns: true });
    assertClose((await program.run({ input })).y, y!.data as Float32Array, network.name, TOLERANCE);
    await program.release();
  }
});

test('weights may move, and further programs still know them', async () => {
  const network = resnet('CIFAR_RESNET20');
  for (const runtime of runtimes) {
    const weights = weightsOf(network);
    const input = drawn([2, ...network.input]);
    const copied = await runtime.compile(outputOf(network, 2), { weights });
    const expected = (await copied.run({ input })).y!;
    await copied.release();
    for (const batch of [2, 1]) {
      const program = await runtime.compile(outputOf(network, batch), { weights, moveWeights: true });
      const fed = float32(input.data.slice(0, (input.data.length / 2) * batch), [batch, ...network.input]);
      const { y } = await program.run({ input: fed });
      const some = (expected.data as Float32Array).slice(0, 10 * batch);
      assertClose(y, some, `batch ${batch}`, 1e-5);
      await program.release();
    }
  }
});

test('a released program leaves no memory behind', async () => {
  const network = resnet('RESNET18', { size: 32 });
  const weights = weightsOf(network);
  const bytes = Object.values(weights).reduce((sum, { data }) => sum + data.byteLength, 0);
  const runtime = runtimes.at(-1)!;
  const again = async () => {
    const program = await runtime.compile(outputOf(network, 1), { weights });
    await program.run({ input: drawn([1, ...network.input]) });
    await program.release();
  };
  for (let i = 0; i < 3; i++) await again();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 12; i++) await again();
  const more = process.memoryUsage().rss - before;
  assert.ok(more < 6 * bytes, `${Math.round(more / 1e6)} MB more after 12 programs of ${Math.round(bytes / 1e6)} MB`);
});

test('programs of one network for several sizes of batch share what is computed of its weights, until the last is released', async () => {
  const network = resnet('RESNET50', { size: 32 }); // 102 MB of weights
  const weights = weightsOf(network);
  const runtime = openRuntime({ threads: 1 });
  const compile = (batch: number) => runtime.compile(outputOf(network, batch), { weights, moveWeights: true });
  try {
    const first = await compile(4);
    const before = process.memoryUsage().rss;
    const others = [await compile(1), await compile(2), await compile(3)];
    const more = (process.memoryUsage().rss - before) / 1e6;
    if ((await runtime.target()) !== 'portable') assert.ok(more < 150, `three more sizes took ${more.toFixed(0)} MB`);
    const input = drawn([1, ...network.input]);
    const expected = (await others[0]!.run({ input })).y!;
    await first.release();
    const { y } = await others[0]!.run({ input });
    assertClose(y, expected.data as Float32Array, 'after the first is released', 0);
    for (const program of others) await program.release();
    const again = await compile(1);
    assertClose((await again.run({ input })).y, expected.data as Float32Array, 'computed anew', 0);
  } finally {
    await runtime.close();
  }
});
