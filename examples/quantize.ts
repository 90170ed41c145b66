/**
 * A model in numbers of 8 bits: a quarter of the size. What it costs in accuracy is measured.
 *
 *   node build/examples/quantize.js [MODEL]
 */
import { writeFile } from 'node:fs/promises';
import { encodeOnnxModel, evaluateModel, openImages, quantizeModel, readModel, writeDrawnFolder } from 'resmirror';

const [run = 'runs/classify'] = process.argv.slice(2);
const { DATA = 'drawn' } = process.env;

const images = await openImages(await writeDrawnFolder('images', { perClass: 8, size: 64 })); // like those to come
const small = await quantizeModel(await readModel(run), images);
await writeFile('model.int8.onnx', encodeOnnxModel(small));

for (const path of [run, 'model.int8.onnx']) {
  const { metrics } = await evaluateModel(path, DATA);
  console.log(`${path}: accuracy ${(100 * metrics.accuracy!).toFixed(1)} %`);
}
