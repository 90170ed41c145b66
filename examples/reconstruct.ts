/**
 * An autoencoder: a ResNet turns images into vectors, its mirror turns the vectors into images again. What comes back is
 * written beside what went in.
 *
 *   node build/examples/reconstruct.js
 */
import { load, train, writeDrawnFolder } from 'resmirror';
import sharp from 'sharp';

const { DATA = 'drawn', NET = 'resnet18', EPOCHS = '5', OUT = 'runs/reconstruct' } = process.env;

const { evaluation } = await train({
  task: 'reconstruct',
  data: DATA,
  net: NET,
  latent: 128,
  epochs: Number(EPOCHS),
  out: OUT,
});
console.log(`PSNR ${evaluation!.metrics.psnr!.toFixed(1)} dB`);

const model = await load(OUT);
const [height, width] = model.model.card.preprocessing.size;
const images = await writeDrawnFolder('images', { perClass: 1, size: height });
const pictures: { input: string | Buffer; left: number; top: number }[] = [];
for await (const { image, value } of model.reconstruct(images)) {
  const left = pictures.length * (width / 2);
  const back = sharp(value, { raw: { width, height, channels: 3 } });
  pictures.push({ input: image, left, top: 0 }, { input: await back.png().toBuffer(), left, top: height });
}
await model.close();

const canvas = { width: images.length * width, height: 2 * height, channels: 3 as const, background: 'white' };
await sharp({ create: canvas }).composite(pictures).png().toFile('reconstructed.png');
console.log('reconstructed.png');
