/** Memory of a process that has a network compiled for more and more sizes of batch, as `serve` does. */
import { buildNetwork, graph, networkNamed, nn, openRuntime } from 'resmirror';
import { print, type Settings } from './settings.js';

const SIZES = [1, 2, 4, 8, 16];

export async function sizes({ threads, wanted }: Settings): Promise<void> {
  print(['RSS in MB with programs for batches of', ...SIZES.map((size) => `${size <= 1 ? '' : '… '}${size}`)], '---');
  for (const name of ['resnet18', 'resnet50']) {
    if (!wanted(name)) continue;
    const network = networkNamed(name, { size: 224 });
    const weights = nn.initialise([...buildNetwork(network).build.parameters.values()], 0);
    const runtime = openRuntime({ threads });
    const taken: number[] = [];
    for (const batch of SIZES) {
      const outputs = { y: buildNetwork(network, { batch }).y };
      const program = await runtime.compile({ name, outputs }, { weights, moveWeights: true });
      const shape = [batch, ...network.input];
      const data = new Float32Array(graph.elements(shape));
      await program.run({ input: { dtype: 'float32', shape, data } });
      taken.push(process.memoryUsage().rss / 1e6);
    }
    await runtime.close();
    print([name, ...taken.map((mb) => mb.toFixed(0))]);
  }
}
