/**
 * The bare runtime in a loop, without a server: images a second at its best size of batch, which it finds by itself.
 *
 *   echo 5 | node build/bench/serving/bare.js resnet18.onnx --threads 1
 *
 * Every line read is a number of seconds; every line written is { "best": rows, "rates": { rows: images a second }, "cpu": { rows: ms of CPU time an image } }.
 */
import { createInterface } from 'node:readline';
import * as ort from 'onnxruntime-node';

const SIZES = [1, 2, 4, 8, 16];
const [file, , threads] = process.argv.slice(2) as [string, string, string];
const session = await ort.InferenceSession.create(file, { intraOpNumThreads: Number(threads) });
const feeds = SIZES.map((n) => {
  const data = Float32Array.from({ length: n * 3 * 224 * 224 }, (_, i) => Math.sin(i * 12.9898));
  return { [session.inputNames[0]!]: new ort.Tensor('float32', data, [n, 3, 224, 224]) };
});
for (const feed of feeds) await session.run(feed);
for await (const line of createInterface({ input: process.stdin })) {
  const seconds = Number(line) / SIZES.length;
  const [rates, cpu]: Record<string, number>[] = [{}, {}];
  for (const [i, size] of SIZES.entries()) {
    const start = performance.now();
    const used = process.cpuUsage();
    let runs = 0;
    while (performance.now() - start < 1000 * seconds || runs === 0) {
      await session.run(feeds[i]!);
      runs++;
    }
    const { user, system } = process.cpuUsage(used);
    cpu![size] = (user + system) / 1000 / (runs * size);
    rates![size] = (1000 * runs * size) / (performance.now() - start);
  }
  const best = SIZES.reduce((a, b) => (rates![a]! >= rates![b]! ? a : b));
  console.log(JSON.stringify({ best, rates, cpu }));
}
process.exit();
