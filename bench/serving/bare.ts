/**
 * The bare runtime in a loop, without a server: images a second at its best size of batch, which it finds by itself, and at that size when
 * it decodes JPEGs meanwhile, as a server of images must: the next batch in libuv's threads while this one is computed.
 *
 *   echo 5 | node build/bench/serving/bare.js resnet18.onnx --threads 1 --images FOLDER
 *
 * Every line read is a number of seconds; every line written is { "best": rows, "rates": { rows: images a second }, "cpu": { rows: ms of CPU time an
 * image }, "decoding": images a second }.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';

const SIZES = [1, 2, 4, 8, 16];
const [SIDE, PLANE] = [224, 224 * 224];
/** Of ImageNet, as numbers of bytes. */
const [MEAN, STD] = [
  [123.675, 116.28, 103.53],
  [58.395, 57.12, 57.375],
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: 'string', default: '1' }, images: { type: 'string', default: '.' } },
});
const images = values.images;
const files = readdirSync(images)
  .filter((name) => name.endsWith('.jpg'))
  .map((name) => readFileSync(join(images, name)));
const session = await ort.InferenceSession.create(positionals[0]!, { intraOpNumThreads: Number(values.threads) });
const [input] = session.inputNames as [string];
const tensor = (data: Float32Array, rows: number) => new ort.Tensor('float32', data, [rows, 3, SIDE, SIDE]);
const feeds = SIZES.map((n) => ({
  [input]: tensor(
    Float32Array.from({ length: n * 3 * PLANE }, (_, i) => Math.sin(i * 12.9898)),
    n,
  ),
}));
for (const feed of feeds) await session.run(feed);

/** So many images as one tensor [n, 3, 224, 224]. */
async function decoded(from: number, rows: number): Promise<ort.Tensor> {
  const all = new Float32Array(rows * 3 * PLANE);
  const decode = async (row: number) => {
    const resized = sharp(files[(from + row) % files.length]!).resize(SIDE, SIDE, { fit: 'cover' });
    const pixels = await resized.removeAlpha().raw().toBuffer();
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < PLANE; i++) all[(3 * row + c) * PLANE + i] = (pixels[3 * i + c]! - MEAN![c]!) / STD![c]!;
  };
  await Promise.all(Array.from({ length: rows }, (_, row) => decode(row)));
  return tensor(all, rows);
}

/** Images a second over so many seconds, at least one batch. */
async function rate(seconds: number, rows: number, batch: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let runs = 0;
  while (performance.now() - start < 1000 * seconds || runs === 0) {
    await batch();
    runs++;
  }
  return (1000 * runs * rows) / (performance.now() - start);
}

for await (const line of createInterface({ input: process.stdin })) {
  const seconds = Number(line) / (SIZES.length + 1);
  const [rates, cpu]: Record<string, number>[] = [{}, {}];
  for (const [i, size] of SIZES.entries()) {
    const used = process.cpuUsage();
    const start = performance.now();
    rates![size] = await rate(seconds, size, () => session.run(feeds[i]!));
    const { user, system } = process.cpuUsage(used);
    cpu![size] = (user + system) / (rates![size] * (performance.now() - start));
  }
  const best = SIZES.reduce((a, b) => (rates![a]! >= rates![b]! ? a : b));
  let [next, at] = [decoded(0, best), 0];
  const decoding = await rate(Math.max(seconds, 1), best, async () => {
    const now = await next;
    at += best;
    next = decoded(at, best);
    await session.run({ [input]: now });
  });
  await next;
  console.log(JSON.stringify({ best, rates, cpu, decoding }));
}
process.exit();
