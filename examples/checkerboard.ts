/**
 * The checkerboard of transposed convolutions (Odena et al. 2016, https://distill.pub/2016/deconv-checkerboard), made visible, and gone.
 * A transposed convolution of stride 2 and kernel 1 fills one pixel of four; `resize` and `pixel-shuffle` fill all alike. Drawn are, from
 * left to right for deconv, resize and pixel-shuffle: an image of a mirror that has learned nothing, and what an autoencoder makes of
 * images that it never saw. What it never saw stands at the far left.
 *
 *   node build/examples/checkerboard.js
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, randomVector, TransposeResNet, train, writeDrawnFolder } from 'resmirror';
import sharp from 'sharp';

const [epochs, images] = [Number(process.env.EPOCHS ?? 10), Number(process.env.IMAGES ?? 2000)];
const out = process.env.OUT ?? 'checkerboard.png';
const [SIZE, SHOWN, LATENT, ZOOM] = [64, 4, 128, 3];
/** A block for each of the four stages, in half the usual width: minutes instead of an hour. */
const setting = { bottleneck: false, repeats: [1, 1, 1, 1], width: 32 };
const ways = ['deconv', 'resize', 'pixel-shuffle'] as const;

/** [h, w, 3], 0 … 255 */
type Pixels = Uint8Array;

/**
 * How unlike the four pixels of a square of two by two are in how far they lie from their neighbours: the largest root mean square over
 * the least. 1 where no pixel is special.
 */
function unevenness(pictures: readonly Pixels[]): number {
  const sums = [0, 0, 0, 0];
  for (const picture of pictures)
    for (let y = 1; y < SIZE - 1; y++)
      for (let x = 1; x < SIZE - 1; x++)
        for (let c = 0; c < 3; c++) {
          const at = (down: number, right: number) => picture[((y + down) * SIZE + x + right) * 3 + c]!;
          const around = (at(-1, 0) + at(1, 0) + at(0, -1) + at(0, 1)) / 4;
          sums[(y % 2) * 2 + (x % 2)]! += (at(0, 0) - around) ** 2;
        }
  return Math.sqrt(Math.max(...sums) / Math.min(...sums));
}

/** What a mirror with first weights makes of a random vector. */
async function untrained(upsample: (typeof ways)[number]): Promise<Pixels> {
  const vectors = new Float32Array(SHOWN * LATENT);
  for (let i = 0; i < SHOWN; i++) vectors.set(randomVector(LATENT, 0, i), i * LATENT);
  const draw = TransposeResNet(setting, { variant: 'mirror', upsample, output: 'sigmoid' });
  const { data } = await draw({ dtype: 'float32', shape: [SHOWN, LATENT], data: vectors }, SIZE, true);
  return Uint8Array.from(data.subarray(0, SIZE * SIZE * 3), (value) => value * 255);
}

const folder = mkdtempSync(join(tmpdir(), 'checkerboard-'));
const unseen = (await writeDrawnFolder(join(folder, 'unseen'), { perClass: 10, size: SIZE, seed: 1 })).slice(0, 40);
const columns: Pixels[][] = [];
for (const upsample of ways) {
  const first = await untrained(upsample);
  const run = join(folder, upsample);
  await train({
    task: 'reconstruct',
    net: JSON.stringify(setting),
    data: `drawn:${images}`,
    size: SIZE,
    latent: LATENT,
    upsample,
    epochs,
    out: run,
    onEpoch: ({ epoch, psnr }) => console.log(`  ${upsample}, epoch ${epoch} of ${epochs}: ${psnr?.toFixed(2)} dB`),
  });
  const model = await load(run);
  const [seen, made]: Pixels[][] = [[], []];
  for await (const answer of model.reconstruct(unseen)) {
    seen!.push(answer.seen.slice());
    made!.push(answer.value.slice());
  }
  await model.close();
  if (columns.length === 0) {
    columns.push([first.map(() => 255), ...seen!.filter((_, i) => i % 10 === 0)]);
    console.log(`originals: ${unevenness(seen!).toFixed(2)}`);
  }
  columns.push([first, ...made!.filter((_, i) => i % 10 === 0)]);
  console.log(
    `${upsample}: ${unevenness([first]).toFixed(2)} untrained, ${unevenness(made!).toFixed(2)} after ${epochs} epochs`,
  );
}
rmSync(folder, { recursive: true });

const cell = SIZE * ZOOM + 6;
const tiles = await Promise.all(
  columns.flatMap((column, i) =>
    column.map(async (pixels, j) => ({
      input: await sharp(pixels, { raw: { width: SIZE, height: SIZE, channels: 3 } })
        .resize(SIZE * ZOOM, SIZE * ZOOM, { kernel: 'nearest' })
        .png()
        .toBuffer(),
      left: i * cell,
      top: j * cell,
    })),
  ),
);
const canvas = { width: columns.length * cell, height: (SHOWN + 1) * cell, channels: 3 as const, background: 'white' };
await sharp({ create: canvas }).composite(tiles).png({ palette: true }).toFile(out);
console.log(out);
