/** Whether cost stays in proportion to size: making, differentiating and lowering graphs, and compiling them. */
import { graph, lower, networkNamed, nn, openRuntime, optim } from 'resmirror';
import { print, type Settings } from './settings.js';

const works = [
  ['resnet18', 64],
  ['resnet50', 64],
  ['resnet152', 64],
  ['resnet152', 224],
  ['cifar-resnet110', 32],
  ['{"bottleneck":false,"repeats":[166,166,166],"width":16}', 32],
] as const;
const BATCH = 16;

export async function growth({ threads, wanted }: Settings): Promise<void> {
  print(
    [
      'training graph',
      'nodes',
      'make and differentiate, ms',
      'lower, ms',
      'µs a node',
      'compile, s',
      'first values, s',
    ],
    '---',
  );
  for (const [name, size] of works) {
    if (!wanted(name)) continue;
    const network = networkNamed(name, { size });
    const began = performance.now();
    const build = new nn.Build({ training: true });
    const y = network.forward(graph.input('x', [BATCH, ...network.input]), build);
    const loss = optim.crossEntropy(y, graph.input('target', graph.fixedShape(y.shape)));
    const optimizer = optim.sgd({ nesterov: true, weightDecay: 5e-4 });
    const step = optim.trainingStep({ loss, optimizer, tracked: build.updates });
    const made = performance.now();
    const runtime = openRuntime({ threads });
    const target = await runtime.target();
    const before = performance.now();
    const nodes = graph.nodesOf(Object.values(lower(step.graph, target).outputs)).length;
    const lowered = performance.now();
    await runtime.compile(step.graph, { updates: step.updates });
    const compiled = performance.now();
    nn.initialise(step.parameters, 0);
    const drawn = performance.now();
    await runtime.close();
    const own = made - began + lowered - before;
    print([
      `${name}, ${size} px`,
      `${nodes}`,
      (made - began).toFixed(0),
      (lowered - before).toFixed(0),
      ((own / nodes) * 1000).toFixed(0),
      ((compiled - lowered) / 1000).toFixed(2),
      ((drawn - compiled) / 1000).toFixed(2),
    ]);
  }
}
