/**
 * The checkerboard of transposed convolutions (Odena et al. 2016, https://distill.pub/2016/deconv-checkerboard), made visible, and gone.
 * The article doubles its images by transposed convolutions of stride 2 whose kernels are odd, 1x1 at the shortcuts: three of four pixels
 * get nothing there. The mirror has three other ways. From left to right the article, deconv, resize and pixel-shuffle: above, an image of
 * first weights and a random vector; below, how much each pixel changes from vector to vector, white where most.
 *
 *   node build/examples/checkerboard.js
 */
import { randomVector, TransposeResNet } from 'resmirror';
import sharp from 'sharp';

const out = process.env.OUT ?? 'checkerboard.png';
const [SIZE, VECTORS, LATENT, ZOOM] = [64, Number(process.env.VECTORS ?? 256), 128, 4];
/** A block for each of the four stages. */
const setting = { bottleneck: false, repeats: [1, 1, 1, 1] };
const ways = {
  article: { variant: 'article' },
  deconv: { variant: 'mirror', upsample: 'deconv' },
  resize: { variant: 'mirror', upsample: 'resize' },
  'pixel-shuffle': { variant: 'mirror', upsample: 'pixel-shuffle' },
} as const;

/** [n, h, w, 3], as the networks give them. */
type Images = Float32Array;

/** [h, w]: the standard deviation of each pixel over the images, colours together. */
function deviations(images: Images): Float32Array {
  const area = SIZE * SIZE;
  return Float32Array.from({ length: area }, (_, pixel) => {
    let variance = 0;
    for (let c = 0; c < 3; c++) {
      const values = Array.from({ length: VECTORS }, (_, n) => images[(n * area + pixel) * 3 + c]!);
      const mean = values.reduce((sum, value) => sum + value) / VECTORS;
      variance += values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / VECTORS;
    }
    return Math.sqrt(variance / 3);
  });
}

/** Of the pixels of squares of four by four, the one that changes most beside the one that changes least: 1 where no place is special. */
function unevenness(map: Float32Array): number {
  const sums = new Float64Array(16);
  for (let y = 0; y < SIZE; y++) for (let x = 0; x < SIZE; x++) sums[(y % 4) * 4 + (x % 4)]! += map[y * SIZE + x]!;
  return Math.max(...sums) / Math.min(...sums);
}

/** Bytes, so that all but the outermost hundredth of the values on either side span them. */
function stretched(values: Float32Array): Uint8Array {
  const sorted = values.slice().sort();
  const [low, high] = [0.01, 0.99].map((share) => sorted[Math.floor(share * (sorted.length - 1))]!) as [number, number];
  return Uint8Array.from(values, (value) => 255 * Math.min(1, Math.max(0, (value - low) / (high - low))));
}

const enlarged = (data: Uint8Array, channels: 1 | 3): Promise<Buffer> =>
  sharp(data, { raw: { width: SIZE, height: SIZE, channels } })
    .resize(SIZE * ZOOM, SIZE * ZOOM, { kernel: 'nearest' })
    .png()
    .toBuffer();

const vectors = new Float32Array(VECTORS * LATENT);
for (let i = 0; i < VECTORS; i++) vectors.set(randomVector(LATENT, 0, i), i * LATENT);

const cell = SIZE * ZOOM + 6;
const pictures = [];
for (const [column, [name, way]] of Object.entries(ways).entries()) {
  const draw = TransposeResNet(setting, way);
  const { data } = await draw({ dtype: 'float32', shape: [VECTORS, LATENT], data: vectors }, SIZE, true);
  const map = deviations(data);
  console.log(`${name}: ${unevenness(map).toFixed(2)}`);
  pictures.push(
    { input: await enlarged(stretched(data.slice(0, SIZE * SIZE * 3)), 3), left: column * cell, top: 0 },
    { input: await enlarged(stretched(map), 1), left: column * cell, top: cell },
  );
}
const canvas = { width: 4 * cell - 6, height: 2 * cell - 6, channels: 3 as const, background: 'white' };
await sharp({ create: canvas }).composite(pictures).png({ palette: true }).toFile(out);
console.log(out);
process.exit(); // networks that were called keep their engine ready
