/**
 * Inference on demand: bench/torch/forward.py is its peer.
 *
 *   echo 10 | node build/bench/forward.js resnet18 --size 224 --batch 1
 *   echo 10 | node build/bench/forward.js resnet18 --size 224 --precision float16 --device webgpu
 *   echo 10 | node build/bench/forward.js resnet18 --size 224 --batch 1 --int8            # in 8-bit numbers
 *   echo 10 | node build/bench/forward.js resnet18 --size 224 --batch 1 --same-thread     # the engine in the thread that asks
 *   echo 10 | node build/bench/forward.js resnet18 --size 224 --batch 1 --file torch.onnx   # the bare runtime on a file
 *
 * Every line read is a number of runs; every line written is { "ms": [per run], "peakMemoryGB" }.
 */
import { parseArgs } from 'node:util';
import * as ort from 'onnxruntime-node';
import {
  buildNetwork,
  deviceNamed,
  drawnDataset,
  float32,
  graph,
  type Model,
  type ModelCard,
  networkNamed,
  nn,
  openRuntime,
  type Precision,
  quantizeModel,
} from 'resmirror';
import { serve } from './serve.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '224' },
    batch: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    device: { type: 'string', default: 'cpu' },
    file: { type: 'string' },
    precision: { type: 'string', default: 'float32' },
    int8: { type: 'boolean', default: false },
    'same-thread': { type: 'boolean', default: false },
  },
});
const [name = 'resnet18'] = positionals;
const [size, batch, threads] = [values.size, values.batch, values.threads].map(Number) as [number, number, number];
const network = networkNamed(name, { size });
const shape = [batch, ...network.input];
const x = Float32Array.from({ length: graph.elements(shape) }, (_, i) => Math.sin(i * 12.9898));

async function own(): Promise<() => Promise<unknown>> {
  const runtime = openRuntime({
    threads,
    device: deviceNamed(values.device),
    precision: values.precision as Precision,
    ownThread: !values['same-thread'],
  });
  const model = values.int8 ? await eightBit() : { network, weights: firstWeights() };
  const { y } = buildNetwork(model.network, { batch });
  const program = await runtime.compile({ name, outputs: { y } }, { weights: model.weights });
  return () => program.run({ input: float32(x, shape) });
}

const firstWeights = () => nn.initialise([...buildNetwork(network).build.parameters.values()], 0);

/** Calibrated on a few drawn pictures, which does for a measurement of time. */
async function eightBit(): Promise<Model> {
  const classes = Array.from({ length: 1000 }, (_, i) => `class ${i}`);
  const preprocessing = {
    ...nn.imagenetNormalisation,
    size: [size, size] as const,
    channels: 3 as const,
    cropRatio: 0.875,
    interpolation: 'bilinear' as const,
  };
  const card: ModelCard = { format: 1, task: 'classify', network: network.config, preprocessing, classes, metrics: {} };
  const { train } = drawnDataset({ train: 8, validation: 1, seed: 0 });
  return quantizeModel({ card, network, weights: firstWeights() }, train, { threads });
}

async function bare(file: string): Promise<() => Promise<unknown>> {
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: threads });
  const feeds = { [session.inputNames[0]!]: new ort.Tensor('float32', x, shape) };
  return () => session.run(feeds);
}

const run = await (values.file ? bare(values.file) : own());
await serve(run);
process.exit();
