/**
 * One 3x3 convolution of ResNet-18 and -20, forward, in the ways that there are: the plain operator, one matrix product over
 * columns (src/lower/portable/columns.ts), and on channels in blocks (src/lower/blocked.ts). In turns of five runs, each with the
 * engine to itself: threads of another session would spin beside it.
 */
import { float32, graph, openRuntime, writeOnnx } from 'resmirror';
import { convByColumns } from '../src/lower/portable/columns.js';
import { print, type Settings } from './settings.js';

/** Batch, channels, height and width. */
const works = [
  [16, 64, 56],
  [16, 128, 28],
  [16, 256, 14],
  [16, 512, 7],
  [64, 64, 16],
  [64, 128, 8],
  [64, 256, 4],
  [64, 512, 2],
  [64, 512, 1],
  [128, 16, 32],
] as const;

const attributes = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], group: 1, kernel_shape: [3, 3] };

type Way = (x: graph.Value, w: graph.Value) => graph.Value;
const ways: Readonly<Record<string, Way>> = {
  plain: (x, w) => graph.one('Conv', [x, w], attributes),
  columns: (x, w) => convByColumns(x, w, { ...attributes, image: x.shape, features: x.shape }),
  // numbers in another order take as long
  blocked: (x, w) => graph.one('NchwcConv', [x, w], attributes),
};

const filled = (shape: readonly number[]) =>
  float32(
    Float32Array.from({ length: graph.elements(shape) }, (_, i) => Math.sin(i * 12.9898)),
    shape,
  );

export async function layers({ threads, rounds, wanted }: Settings): Promise<void> {
  const runtime = openRuntime({ threads });
  const hasBlocks = (await runtime.target()) !== 'portable';
  const names = Object.keys(ways).filter((name) => hasBlocks || name !== 'blocked');
  print(['3x3, batch × channels × side', ...names.map((name) => `${name}, ms (GFLOP/s)`)], '---');
  for (const [n, c, side] of works) {
    const name = `${n} × ${c} × ${side}`;
    if (!wanted(name)) continue;
    const [x, w] = [graph.input('x', [n, c, side, side]), graph.input('w', [c, c, 3, 3])];
    const feeds = { x: filled(x.shape as number[]), w: filled(w.shape as number[]) };
    // files are run as they are written: no lowering comes between; the maximum spares copying the result
    const models = names.map((way) => writeOnnx({ name: way, outputs: { y: graph.reduceMax(ways[way]!(x, w)) } }));
    const times = names.map((): number[] => []);
    for (let turn = 0; turn < rounds; turn += 5)
      for (const [i, model] of models.entries()) {
        const program = await runtime.load(model);
        for (let run = -2; run < 5; run++) {
          const before = performance.now();
          await program.run(feeds);
          if (run >= 0) times[i]!.push(performance.now() - before);
        }
        await program.release();
      }
    const gflop = (2 * n * c * c * 9 * side * side) / 1e9;
    const medians = times.map((all) => all.sort((a, b) => a - b)[all.length >> 1]!);
    print([name, ...medians.map((ms) => `${ms.toFixed(2)} (${((gflop / ms) * 1000).toFixed(0)})`)]);
  }
  await runtime.close();
}
