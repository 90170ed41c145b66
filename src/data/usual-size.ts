/** How large the images of a source are, told from a few of their headers. */

import type { Size } from './pixels.js';
import { OpenShards } from './shards/open-shards.js';
import { sharp } from './sharp.js';
import { filePath, pieceOf, type ShardSource, type Source, sizeOf } from './source.js';
import { readStretch } from './stretch.js';

/** Headers that are read, spread evenly over the source: enough for a median, and soon done on a slow disk. */
const SAMPLE = 31;

/** Median height and width, upright; nothing where none of the sampled files is an image. */
export async function usualSize(source: Source): Promise<Size | undefined> {
  if (source.kind === 'raster') return { height: source.height, width: source.width };
  const count = Math.min(SAMPLE, sizeOf(source));
  const images =
    source.kind === 'shards'
      ? await inFirstShard(source)
      : Array.from({ length: count }, (_, i) => filePath(source, Math.floor(((i + 0.5) * sizeOf(source)) / count)));
  const read = await Promise.allSettled(images.map((image) => sharp(image, { limitInputPixels: false }).metadata()));
  const sizes = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value.autoOrient] : []));
  if (sizes.length === 0) return undefined;
  return { height: median(sizes.map((s) => s.height)), width: median(sizes.map((s) => s.width)) };
}

/** Images of one shard: others may be far away, and are mixed as it is. */
async function inFirstShard(source: ShardSource): Promise<readonly Uint8Array[]> {
  const shards = new OpenShards(source.set);
  try {
    const first = pieceOf(source, 0).shard;
    const pieces = Array.from({ length: Math.min(SAMPLE, sizeOf(source)) }, (_, i) => pieceOf(source, i));
    const file = (await shards.use([first])).fileOf(first);
    if (typeof file !== 'number') return [];
    return pieces.filter(({ shard }) => shard === first).map((piece) => readStretch({ fd: file, ...piece }));
  } finally {
    await shards.close();
  }
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
