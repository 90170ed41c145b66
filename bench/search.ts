/** `node build/bench/search.js [images…]`: how long an exact search takes among so many vectors of 512 numbers. */
import { performance } from 'node:perf_hooks';
import { ImageIndex } from '../src/inference/search/image-index.js';

const LENGTH = 512;
const ROUNDS = 25;
const given = process.argv.slice(2).map(Number);

const random = () => Float32Array.from({ length: LENGTH }, () => Math.random() - 0.5);

for (const images of given.length > 0 ? given : [10_000, 100_000]) {
  const index = ImageIndex.of(
    Array.from({ length: images }, (_, i) => ({ image: `${i}`, label: '', vector: random() })),
  );
  const times = Array.from({ length: ROUNDS }, () => {
    const wanted = random();
    const start = performance.now();
    index.nearest(wanted, { top: 5 });
    return performance.now() - start;
  }).sort((a, b) => a - b);
  console.log(
    `${images} images: ${times[0]!.toFixed(1)} ms (the fastest of ${ROUNDS}), ${times[Math.floor(ROUNDS / 2)]!.toFixed(1)} ms (the median)`,
  );
}
