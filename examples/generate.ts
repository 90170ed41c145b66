/**
 * Images out of nothing but random vectors: a variational autoencoder learns them, its decoder makes a grid of new ones.
 *
 *   node build/examples/generate.js
 */
import { Generator, randomPoints, readModel, train } from 'resmirror';
import sharp from 'sharp';

const { DATA = 'drawn', NET = 'resnet18', EPOCHS = '10', OUT = 'runs/generate' } = process.env;
const ACROSS = 4;

await train({ task: 'generate', data: DATA, net: NET, epochs: Number(EPOCHS), out: OUT });

const model = await readModel(OUT);
const generator = Generator.open(model);
const points = randomPoints(generator, { count: ACROSS * ACROSS, seed: 1 });
const images = await generator.decode(points);
await generator.close();

const { size, channels } = model.card.preprocessing;
const [height, width] = size;
const tiles = images.map(async (pixels, i) => ({
  input: await sharp(pixels, { raw: { width, height, channels } }).png().toBuffer(),
  left: (i % ACROSS) * width,
  top: Math.floor(i / ACROSS) * height,
}));
const canvas = { width: ACROSS * width, height: ACROSS * height, channels: 3 as const, background: 'white' };
await sharp({ create: canvas })
  .composite(await Promise.all(tiles))
  .png()
  .toFile('generated.png');
console.log(`${images.length} images of ${generator.classes.length} classes in generated.png`);
