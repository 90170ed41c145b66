/** CPU time of a process that has programs open and nothing to do: threads of an engine may turn in circles, waiting for work. */
import { setTimeout as wait } from 'node:timers/promises';
import { buildNetwork, float32, graph, nn, openRuntime, resnet } from 'resmirror';
import { print, type Settings } from './settings.js';

const BATCHES = [1, 4, 16];
const SECONDS = [0.01, 0.1, 1];

/** ResNet-18 at several batch sizes, each run once; then CPU time is read as time goes by. */
export async function idle({ threads, rounds }: Settings): Promise<void> {
  const network = resnet('RESNET18', { size: 64 });
  const weights = nn.initialise([...buildNetwork(network).build.parameters.values()], 0);
  const runtime = openRuntime({ threads });
  const programs = await Promise.all(
    BATCHES.map((batch) =>
      runtime.compile({ name: `${batch}`, outputs: { y: buildNetwork(network, { batch }).y } }, { weights }),
    ),
  );
  const run = () =>
    Promise.all(
      programs.map((program, i) => {
        const shape = [BATCHES[i]!, ...network.input];
        return program.run({ input: float32(new Float32Array(graph.elements(shape)), shape) });
      }),
    );
  await run();
  print(['ms of CPU time after a run', ...SECONDS.map((s) => `in the first ${s} s`)], '---');
  const all: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    await run();
    const start = process.cpuUsage();
    let passed = 0;
    const taken: number[] = [];
    for (const second of SECONDS) {
      await wait((second - passed) * 1000);
      passed = second;
      const { user, system } = process.cpuUsage(start);
      taken.push((user + system) / 1e3);
    }
    all.push(taken);
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  print([
    `resnet18, 64 px, programs for batches of ${BATCHES.join(', ')}`,
    ...SECONDS.map((_, i) => median(all.map((taken) => taken[i]!)).toFixed(1)),
  ]);
  await runtime.close();
}
