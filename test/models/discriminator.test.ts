/** What a discriminator says of images, alone and beside others. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { input } from '../../src/graph/index.js';
import { networkNamed, realness } from '../../src/models/index.js';
import { Build, initialise } from '../../src/nn/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';
import { noise } from '../goldens/rule.js';

const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

const network = networkNamed('{"bottleneck":false,"repeats":[1,1],"width":4}', {
  variant: 'cifar',
  size: 8,
  classes: 1,
  norm: 'none',
});

/** Of two images, by the same weights. */
async function scoresOf(images: readonly [Float32Array, Float32Array], minibatchDeviation: boolean) {
  const shape = [2, 3, 8, 8];
  const build = new Build();
  const scores = realness(network, input('images', shape), { classes: undefined, minibatchDeviation }, build);
  const weights = initialise(build.parameters.values(), 4);
  const program = await runtime.compile({ name: 'discriminator', outputs: { scores } }, { weights });
  const found = await program.run({ images: float32(Float32Array.from([...images[0], ...images[1]]), shape) });
  return [...(found.scores!.data as Float32Array)];
}

test('an image is judged by the others of its batch where they are compared, and by itself where not', async () => {
  const [one, other] = ['one', 'other'].map((name) => noise(name, [3, 8, 8], 1)) as [Float32Array, Float32Array];
  const judged = async (compares: boolean) => {
    const [beside] = await scoresOf([one, other], compares);
    const [twice, same] = await scoresOf([one, one], compares);
    assert.equal(twice, same);
    return Math.abs(beside! - twice!);
  };
  assert.ok((await judged(false)) < 1e-6);
  assert.ok((await judged(true)) > 1e-4);
});
