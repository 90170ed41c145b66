/**
 * Whether memory stays flat while many tiny images are streamed from shards, and whether each comes once, from a server that
 * drops every tenth connection: `node build/bench/shards.js [images] [shards]`, by default 1,000,000 in 100.
 */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream';
import { Loader, openData } from 'resmirror';
import sharp from 'sharp';
import { END, writeEntry } from '../src/data/shards/tar.js';

const [images = 1_000_000, shards = 100] = process.argv.slice(2).map(Number);
const each = Math.ceil(images / shards);
const folder = await mkdtemp(join(tmpdir(), 'resmirror-bench-shards-'));
const megabytes = () => `${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MB`;
const began = performance.now();
const say = (what: string) =>
  console.log(`| ${((performance.now() - began) / 1000).toFixed(0)} s | ${what} | ${megabytes()} |`);

console.log('| time | what | resident memory |\n|---|---|---|');
const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#a53' } })
  .png()
  .toBuffer();
for (let shard = 0; shard < shards; shard++) {
  const file = await open(join(folder, `${shard}.tar`), 'w');
  const blocks: Uint8Array[] = [];
  for (let i = shard * each; i < Math.min(images, (shard + 1) * each); i++)
    blocks.push(...writeEntry(`${i}.png`, png), ...writeEntry(`${i}.cls`, Buffer.from(`${i % 10}`)));
  await file.writeFile(Buffer.concat([...blocks, END]));
  await file.close();
}
say(`${shards} shards of ${each} images written`);

let requests = 0;
const server = createServer(async ({ url = '', headers }, response) => {
  const path = join(folder, basename(url));
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return void response.writeHead(404).end();
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  const range = from > 0 && { 'content-range': `bytes ${from}-${size - 1}/${size}` };
  response.writeHead(range ? 206 : 200, { etag: '"1"', 'content-length': size - from, ...range });
  const end = ++requests % 10 === 0 ? from + Math.floor((size - from) / 2) : size - 1;
  pipeline(createReadStream(path, { start: from, end }), response, () => response.destroy());
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/{0..${shards - 1}}.tar`;
// room for a tenth of the shards
const { size } = await stat(join(folder, '0.tar'));
const cache = { folder: join(folder, 'cache'), bytes: (shards / 10 + 2) * size };
const { train, warnings } = await openData(address, { validationFraction: 0, shards: { cache } });
say(`${train.length} images found in ${requests} requests, ${warnings.length} warnings`);

const loader = new Loader({ cacheBytes: 0 });
const preprocessing = { size: [4, 4], channels: 3, cropRatio: 1, interpolation: 'bilinear' } as const;
const batches = loader.epoch(train, { batch: 256, preprocessing, shuffle: true, seed: 0, epoch: 1 });
const seen = new Uint8Array(train.length);
let done = 0;
for await (const { indices, count } of batches) {
  for (const index of indices.subarray(0, count)) seen[index]!++;
  const before = Math.floor((10 * done) / images);
  done += count;
  if (Math.floor((10 * done) / images) > before) say(`${done} images streamed`);
}
await loader.close();
const single = seen.reduce((sum, times) => sum + (times === 1 ? 1 : 0), 0);
say(`${single} of ${images} images came once, ${batches.skipped.length} were skipped, in ${requests} requests`);
server.close();
await rm(folder, { recursive: true });
if (single !== images) process.exitCode = 1;
