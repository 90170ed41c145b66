/**
 * A network that nobody foresaw: a residual block applied to its own output, step after step, whose shared filters learn to grow
 * a heart out of a single pixel (a neural cellular automaton: Mordvintsev et al. 2020, https://distill.pub/2020/growing-ca).
 * A layer that meets its name again shares its parameters, so twelve steps have the weights of one.
 *
 *   node build/examples/growing-heart.js
 */
import { float32, graph, Learner, nn, openRuntime, optim } from 'resmirror';

const { add, concat, constant, conv, input, mul, reduceMean, relu, slice, sub } = graph;
const size = 20;
const channels = 8;
const steps = 12;

// what each cell sees: itself, and how its neighbourhood slopes in both directions
const sobel = [-1, 0, 1, -2, 0, 2, -1, 0, 1].map((v) => v / 8);
const turned = [0, 3, 6, 1, 4, 7, 2, 5, 8].map((i) => sobel[i]!);
const perChannel = (filter: readonly number[]) =>
  constant(Array.from({ length: channels }, () => filter).flat(), [channels, 1, 3, 3]);
const perceive = (x: graph.Value) =>
  concat([x, ...[sobel, turned].map((filter) => conv(x, perChannel(filter), { pads: 1, group: channels }))], 1);

const live: nn.Layer = (x, net) => {
  const seen = nn.named('think', nn.convolution(48, 1, { bias: true }))(perceive(x), net);
  const change = nn.named('act', nn.convolution(channels, 1, { bias: true }))(relu(seen), net);
  return add(x, mul(change, 0.1));
};

const build = new nn.Build({ training: true });
const seed = input('seed', [1, channels, size, size]);
const target = input('target', [1, 1, size, size]);
const grown = Array.from({ length: steps }, () => live).reduce((x, block) => block(x, build), seed as graph.Value);
const picture = slice(grown, [{ axis: 1, start: 0, end: 1 }]);
const difference = sub(picture, target);
const loss = reduceMean(mul(difference, difference));

const heart = Float32Array.from({ length: size * size }, (_, i) => {
  const x = ((i % size) - (size - 1) / 2) / 7;
  const y = -(Math.floor(i / size) - (size - 1) / 2) / 7;
  return (x * x + y * y - 1) ** 3 - x * x * y ** 3 < 0 ? 1 : 0;
});
const pixel = new Float32Array(channels * size * size);
for (let c = 0; c < channels; c++) pixel[(c * size + size / 2) * size + size / 2] = 1;

const runtime = openRuntime();
const learner = await Learner.create(runtime, {
  loss,
  optimizer: optim.adamW({ weightDecay: 0 }),
  outputs: { picture },
});
const feeds = { seed: float32(pixel, [1, channels, size, size]), target: float32(heart, [1, 1, size, size]) };
const rounds = Number(process.env.STEPS ?? 600);
for (let step = 0; step < rounds; step++) {
  const result = await learner.step(feeds, { step, learningRate: 5e-3 });
  if ((step + 1) % Math.ceil(rounds / 3) === 0) {
    const shades = ' .:*#@';
    const cells = Array.from(
      result.picture!.data as Float32Array,
      (v) => shades[Math.max(0, Math.min(5, Math.round(v * 5)))]!,
    );
    console.log(`step ${step + 1}: loss ${Number(result.loss!.data[0]).toFixed(4)}`);
    for (let row = 0; row < size; row++)
      console.log(
        cells
          .slice(row * size, (row + 1) * size)
          .map((c) => c.repeat(2))
          .join(''),
      );
  }
}
await runtime.close();
