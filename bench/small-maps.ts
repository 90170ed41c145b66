/**
 * A convolution over small maps: the plain operator against one matrix product over columns (src/lower/portable/columns.ts),
 * run in turns. Prints a line per layer of ResNet-18's last stages.
 *
 *   node build/bench/small-maps.js --batch 64 --rounds 25
 */
import { parseArgs } from 'node:util';
import { float32, graph, openRuntime, type Program, writeOnnx } from 'resmirror';
import { convByColumns } from '../src/lower/portable/columns.js';

const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '25' },
    threads: { type: 'string', default: '2' },
  },
});
const [n, rounds, threads] = [values.batch, values.rounds, values.threads].map(Number) as [number, number, number];
const runtime = openRuntime({ threads });

const filled = (shape: readonly number[]) =>
  float32(
    Float32Array.from({ length: graph.elements(shape) }, (_, i) => Math.sin(i * 12.9898)),
    shape,
  );

for (const [c, side] of [
  [128, 8],
  [256, 4],
  [512, 2],
  [512, 1],
] as const) {
  const x = graph.input('x', [n, c, side, side]);
  const w = graph.input('w', [c, c, 3, 3]);
  const plain = graph.conv(x, w, { pads: 1 });
  const geometry = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], group: 1, kernel_shape: [3, 3] };
  const columns = convByColumns(x, w, { ...geometry, image: x.shape, features: plain.shape });
  // files are run as they are written: no lowering comes between
  const programs: readonly Program[] = await Promise.all(
    [plain, columns].map((y) => runtime.load(writeOnnx({ name: 'layer', outputs: { y } }))),
  );
  const feeds = { x: filled(x.shape as number[]), w: filled(w.shape as number[]) };
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds + 2; round++)
    for (const [i, program] of programs.entries()) {
      const before = performance.now();
      await program.run(feeds);
      if (round >= 2) times[i]!.push(performance.now() - before);
    }
  const [a, b] = times.map((t) => t.sort((p, q) => p - q)[t.length >> 1]!) as [number, number];
  const gflop = (2 * n * c * c * 9 * side * side) / 1e9;
  const rate = (ms: number) => `${ms.toFixed(2)} ms (${((gflop / ms) * 1000).toFixed(0)} GFLOP/s)`;
  console.log(`[${n}, ${c}, ${side}, ${side}] 3x3: plain ${rate(a)}, columns ${rate(b)}, ratio ${(b / a).toFixed(2)}`);
  await Promise.all(programs.map((program) => program.release()));
}
await runtime.close();
