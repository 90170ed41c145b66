/** Networks in 16-bit floats against the same in 32 bits, on the CPU: it has halves too, and sums in 32 bits. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { drawnDataset } from '../../src/data/drawn/index.js';
import { UserError } from '../../src/errors.js';
import { input, mul, parameter } from '../../src/graph/index.js';
import { gradCamGraph } from '../../src/inference/grad-cam.js';
import { buildNetwork, networkNamed } from '../../src/models/index.js';
import { imagenetNormalisation, initialise } from '../../src/nn/index.js';
import { writeOnnx } from '../../src/onnx/index.js';
import { readOnnx } from '../../src/onnx/read.js';
import { quantizeModel } from '../../src/quantize/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';
import { difference } from '../devices/judge.js';
import { networks } from '../devices/questions.js';

const [whole, half] = [openRuntime({ threads: 1 }), openRuntime({ threads: 1, precision: 'float16' })];
after(() => Promise.all([whole.close(), half.close()]));

/** Of the largest element: halves have 11 binary digits, and errors of layers add up. */
const TOLERANCE = 1e-2;

for (const { name, answer } of networks.filter((question) => question.name.startsWith('inference')))
  test(name, async () => {
    const [expected, found] = [await answer(whole), await answer(half)];
    assert.equal(difference(found, expected, TOLERANCE), undefined);
    assert.ok(difference(found, expected, 1e-7), 'nothing was rounded');
  });

const size = [32, 32] as const;
const network = networkNamed('{"bottleneck":false,"repeats":[1,1],"width":8}', { size, classes: 3 });
const model = () => {
  const weights = initialise([...buildNetwork(network).build.parameters.values()], 3);
  const preprocessing = {
    ...imagenetNormalisation,
    ...({ size, channels: 3, cropRatio: 1, interpolation: 'bilinear' } as const),
  };
  const card = { format: 1, task: 'classify', network: network.config, preprocessing, metrics: {} } as const;
  return { card: { ...card, classes: ['a', 'b', 'c'] }, network, weights };
};

test('derivatives in a graph, whose steep slopes leave the range of halves', async () => {
  const { weights, ...rest } = model();
  const images = {
    dtype: 'uint8',
    shape: [1, 32, 32, 3],
    data: Uint8Array.from({ length: 3072 }, (_, i) => i),
  } as const;
  const wanted = float32(Float32Array.of(0, 1, 0), [1, 3]);
  const answers = [];
  for (const runtime of [whole, half]) {
    const program = await runtime.compile(gradCamGraph(rest, { stage: 2 }, 1), { weights });
    answers.push(await program.run({ images, wanted }));
  }
  assert.equal(difference(answers[1]!, answers[0]!, 2e-2), undefined);
});

test('variables stay in 32 bits: a training computes as ever', async () => {
  const [x, w] = [input('x', [1]), parameter('w', [1])];
  await half.write({ w: float32(Float32Array.of(1 + 2 ** -20), [1]) });
  const program = await half.compile({ name: 'variable', outputs: { y: mul(x, w) } });
  assert.equal((await program.run({ x: float32(Float32Array.of(1), [1]) })).y!.data[0], 1 + 2 ** -20);
});

test('8-bit models are refused', async () => {
  const { train } = drawnDataset({ train: 4, validation: 1, seed: 0 });
  const quantised = await quantizeModel(model(), train, { threads: 1 });
  const { y } = buildNetwork(quantised.network, { batch: 1 });
  await assert.rejects(
    half.compile({ name: 'eight', outputs: { y } }, { weights: quantised.weights }),
    (error) => error instanceof UserError && /eight is in 8-bit numbers/.test(error.message),
  );
});

test('a file of mixed floats has halves for weights, and sums in float32', () => {
  const { y } = buildNetwork(network, { batch: 1 });
  const { weights } = model();
  const given = new Map(Object.entries(weights));
  const [mixed, full] = [
    writeOnnx({ name: 'm', outputs: { y } }, { weights: given, floats: 'mixed' }),
    writeOnnx({ name: 'm', outputs: { y } }, { weights: given }),
  ];
  const bytes = Object.values(weights).reduce((sum, { data }) => sum + data.byteLength, 0);
  assert.ok(full.length - mixed.length > 0.4 * bytes); // half of the weights, but for casts
  assert.ok(readOnnx(mixed).graph);
});
