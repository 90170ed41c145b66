/**
 * Where in an image a classifier sees its class: Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391), drawn over it.
 *
 *   node build/examples/explain.js [MODEL] [IMAGE]
 */
import { drawClassMap, loadExplainer, writeDrawnFolder } from 'resmirror';
import sharp from 'sharp';

const [run = 'runs/classify', given] = process.argv.slice(2);
const image = given ?? (await writeDrawnFolder('images', { perClass: 1, size: 64 }))[0]!;

const explainer = await loadExplainer(run);
for await (const { value } of explainer.gradCam([image])) {
  const { data, info } = await sharp(image).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const picture = drawClassMap({ data: new Uint8Array(data), width, height, channels: 3 }, value);
  await sharp(picture.data, { raw: { width, height, channels: 3 } }).toFile('explained.png');
  console.log(`${value.label}, ${(100 * value.probability).toFixed(1)} %: explained.png`);
}
await explainer.close();
