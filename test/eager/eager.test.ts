import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { assign, ResNet, reset, TransposeResNet, variables } from '../../src/eager/index.js';
import { UserError } from '../../src/errors.js';
import { buildNetwork, resnet, transposeResnet } from '../../src/models/index.js';
import { random } from '../../src/random/index.js';
import { float32, openRuntime, type TensorOf, type Tensors } from '../../src/runtime/index.js';

const tiny = { bottleneck: false, repeats: [1, 1], width: 4 };

/** The article's own transposed network starts from 2048 channels whatever its setting: too much for a test. */
const mirror = { variant: 'mirror' } as const;

afterEach(reset);

function drawn(...shape: number[]): TensorOf<'float32'> {
  const { normal } = random(7, 'eager', ...shape);
  return float32(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, normal), shape);
}

/** [n, h, w, c] <-> [n, c, h, w] */
function turned({ data, shape }: TensorOf<'float32'>, order: readonly [number, number, number]): TensorOf<'float32'> {
  const [n, ...dims] = shape as [number, number, number, number];
  const strides = [dims[1]! * dims[2]!, dims[2]!, 1];
  const [a, b, c] = order.map((axis) => dims[axis]!) as [number, number, number];
  const result = new Float32Array(data.length);
  let at = 0;
  for (let i = 0; i < n; i++)
    for (let x = 0; x < a; x++)
      for (let y = 0; y < b; y++)
        for (let z = 0; z < c; z++) {
          const [p, q, r] = order.map((axis) => strides[axis]!) as [number, number, number];
          result[at++] = data[i * (data.length / n) + x * p + y * q + z * r]!;
        }
  return float32(result, [n, a, b, c]);
}

function close(actual: Float32Array, expected: Float32Array): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of actual.entries())
    assert.ok(
      Math.abs(value - expected[i]!) <= 1e-4 * (1 + Math.abs(expected[i]!)),
      `${i}: ${value} != ${expected[i]}`,
    );
}

test('calls in one scope share their variables, unnamed calls count up', async () => {
  const net = ResNet(tiny);
  const images = drawn(2, 32, 32, 3);
  const first = await net(images, 5, false, 'shared');
  const second = await net(images, 5, false, 'shared');
  assert.deepEqual(first.shape, [2, 5]);
  assert.deepEqual(first.data, second.data);
  const unnamed = await net(images, 5, false);
  const another = await net(images, 5, false);
  assert.notDeepEqual(unnamed.data, another.data);
  const names = (scope: string) => variables(scope).then(Object.keys);
  assert.deepEqual(await names('resnet_0'), await names('resnet_1'));
  await assert.rejects(names('resnet_2'), /no network was called in the scope resnet_2; there are shared, resnet_0/);
});

test('transposed networks count by themselves and give images', async () => {
  const net = TransposeResNet(tiny, mirror);
  const images = await net(drawn(3, 6), [32, 64], true);
  assert.deepEqual(images.shape, [3, 32, 64, 3]);
  assert.ok('fc.weight' in (await variables('transpose_resnet_0')));
});

test('training moves the running statistics, and nothing else', async () => {
  const net = ResNet(tiny);
  const images = drawn(4, 32, 32, 3);
  await net(images, 5, false, 'a');
  const before = await variables('a');
  await net(images, 5, true, 'a');
  const after = await variables('a');
  const moved = Object.keys(before).filter((name) => `${before[name]!.data}` !== `${after[name]!.data}`);
  assert.ok(moved.length > 0);
  assert.deepEqual(
    moved,
    Object.keys(before).filter((name) => /running/.test(name)),
  );
});

test('a scope is not used for other shapes', async () => {
  const net = ResNet(tiny);
  await net(drawn(1, 32, 32, 3), 5, false, 'a');
  await assert.rejects(
    net(drawn(1, 32, 32, 3), 6, false, 'a'),
    /the scope a holds the variables .* another scope name/,
  );
  await assert.rejects(net(drawn(1, 64, 32, 3), 5, false, 'a'), UserError);
  await net(drawn(2, 32, 32, 3), 5, false, 'a'); // another batch is no other shape
});

test('wrong images are told', async () => {
  const net = ResNet(tiny);
  await assert.rejects(
    net(drawn(2, 32, 32), 5, false),
    /expected float32 images \[n, h, w, c\], got float32\[2, 32, 32\]/,
  );
  await assert.rejects(net(drawn(1, 30, 32, 3), 5, false), UserError);
  assert.throws(() => ResNet('RESNET7'), /no network is called 'RESNET7'/);
});

/** The same network by the layer API, with the given variables. */
async function byLayers(kind: 'resnet' | 'transpose', weights: Tensors, fed: TensorOf<'float32'>) {
  const network =
    kind === 'resnet'
      ? resnet(tiny, { variant: 'article', size: 32, classes: 5 })
      : transposeResnet(tiny, { ...mirror, size: 32, latent: 6 });
  const { y } = buildNetwork(network, { batch: fed.shape[0]! });
  const runtime = openRuntime();
  const program = await runtime.compile({ name: 'layers', outputs: { y } });
  await runtime.write(weights);
  const result = (await program.run({ input: fed })).y as TensorOf<'float32'>;
  await runtime.close();
  return result;
}

test('both networks compute what the layer API computes', async () => {
  const images = drawn(2, 32, 32, 3);
  const logits = await ResNet(tiny)(images, 5, false, 'a');
  const expected = await byLayers('resnet', await variables('a'), turned(images, [2, 0, 1]));
  close(logits.data, expected.data);
  const vectors = drawn(2, 6);
  const made = await TransposeResNet(tiny, mirror)(vectors, 32, false, 'b');
  const mirrored = await byLayers('transpose', await variables('b'), vectors);
  close(made.data, turned(mirrored, [1, 2, 0]).data);
});

test('variables can be set', async () => {
  const net = ResNet(tiny);
  const images = drawn(1, 32, 32, 3);
  await net(images, 5, false, 'a');
  await net(images, 5, false, 'b');
  await assign('b', await variables('a'));
  assert.deepEqual((await net(images, 5, false, 'b')).data, (await net(images, 5, false, 'a')).data);
  await assert.rejects(assign('a', { nothing: drawn(1) }), /no variable called nothing/);
});
