/**
 * Time of one training step (forward, backward, SGD with Nesterov momentum and weight decay) of any network.
 *
 *   node build/bench/step.js resnet18 --size 64 --batch 64 --steps 10
 *
 * Prints one JSON object; the first two steps are not counted. bench/torch/step.py is its twin.
 */
import { parseArgs } from 'node:util';
import { float32, graph, Learner, networkNamed, nn, openRuntime, optim } from 'resmirror';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '64' },
    batch: { type: 'string', default: '64' },
    steps: { type: 'string', default: '10' },
    threads: { type: 'string', default: '2' },
    optimizer: { type: 'string', default: 'sgd' },
  },
});
const [name = 'resnet18'] = positionals;
const [size, batch, steps, threads] = [values.size, values.batch, values.steps, values.threads].map(Number) as [
  number,
  number,
  number,
  number,
];

const network = networkNamed(name, { size });
const build = new nn.Build({ training: true });
const x = graph.input('x', [batch, ...network.input]);
const y = network.forward(x, build);
const shape = graph.fixedShape(y.shape);
const target = graph.input('target', shape);
const loss = shape.length === 2 ? optim.crossEntropy(y, target) : optim.meanSquaredError(y, target);

const runtime = openRuntime({ threads });
const compiled = performance.now();
const learner = await Learner.create(runtime, {
  loss,
  optimizer: values.optimizer === 'adamw' ? optim.adamW() : optim.sgd({ nesterov: true, weightDecay: 5e-4 }),
  tracked: build.updates,
});
const compileSeconds = (performance.now() - compiled) / 1000;

const filled = (dims: readonly number[], at: (i: number) => number) =>
  float32(
    Float32Array.from({ length: graph.elements(dims) }, (_, i) => at(i)),
    dims,
  );
const classes = shape[1] as number;
const feeds = {
  x: filled([batch, ...network.input], (i) => Math.sin(i * 12.9898)),
  target: filled(shape, (i) => (shape.length === 4 ? 0.5 : i % classes === Math.floor(i / classes) % classes ? 1 : 0)),
};
const times: number[] = [];
for (let step = 0; step < steps + 2; step++) {
  const before = performance.now();
  await learner.step(feeds, { step, learningRate: 0.01 });
  times.push((performance.now() - before) / batch);
}
await runtime.close();
const counted = times.slice(2).sort((a, b) => a - b);
console.log(
  JSON.stringify({
    network: network.name,
    size,
    batch,
    threads,
    msPerImage: { median: counted[counted.length >> 1], fastest: counted[0] },
    compileSeconds,
    peakMemoryGB: process.resourceUsage().maxRSS / 1e6,
  }),
);
