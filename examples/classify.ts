/**
 * Trains a classifier and asks it what is in images. DATA is a folder of photographs (`class/*.jpg`); without one the program
 * draws images itself.
 *
 *   node build/examples/classify.js [IMAGE …]
 */
import { load, train, writeDrawnFolder } from 'resmirror';

const { DATA = 'drawn', NET = 'resnet18', EPOCHS = '3', OUT = 'runs/classify' } = process.env;
const given = process.argv.slice(2);

const { evaluation } = await train({
  task: 'classify',
  data: DATA,
  net: NET,
  epochs: Number(EPOCHS),
  out: OUT,
  onEpoch: ({ epoch, accuracy }) => console.log(`epoch ${epoch}: ${(100 * (accuracy ?? 0)).toFixed(1)} %`),
});
console.log(`accuracy on images that it was not shown: ${(100 * evaluation!.metrics.accuracy!).toFixed(1)} %`);

const images = given.length > 0 ? given : await writeDrawnFolder('images', { perClass: 1, size: 64 });
const model = await load(OUT);
for await (const { image, value } of model.classify(images, { top: 2 }))
  console.log(image, value.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`).join(', '));
await model.close();
