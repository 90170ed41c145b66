/**
 * Inference on demand: bench/torch/forward.py is its peer.
 *
 *   echo 10 | node build/bench/forward.js resnet18 --size 224 --batch 1
 *   echo 10 | node build/bench/forward.js resnet18 --size 224 --batch 1 --file torch.onnx   # the bare runtime on a file
 *
 * Every line read is a number of runs; every line written is { "ms": [per run], "peakMemoryGB" }.
 */
import { parseArgs } from 'node:util';
import * as ort from 'onnxruntime-node';
import { buildNetwork, float32, graph, networkNamed, nn, openRuntime } from 'resmirror';
import { serve } from './serve.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '224' },
    batch: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    file: { type: 'string' },
  },
});
const [name = 'resnet18'] = positionals;
const [size, batch, threads] = [values.size, values.batch, values.threads].map(Number) as [number, number, number];
const network = networkNamed(name, { size });
const shape = [batch, ...network.input];
const x = Float32Array.from({ length: graph.elements(shape) }, (_, i) => Math.sin(i * 12.9898));

async function own(): Promise<() => Promise<unknown>> {
  const runtime = openRuntime({ threads });
  const { y, build } = buildNetwork(network, { batch });
  const weights = nn.initialise([...build.parameters.values()], 0);
  const program = await runtime.compile({ name, outputs: { y } }, { weights });
  return () => program.run({ input: float32(x, shape) });
}

async function bare(file: string): Promise<() => Promise<unknown>> {
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: threads });
  const feeds = { [session.inputNames[0]!]: new ort.Tensor('float32', x, shape) };
  return () => session.run(feeds);
}

const run = await (values.file ? bare(values.file) : own());
await serve(run);
process.exit();
