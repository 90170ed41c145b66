/**
 * The images of a folder that are most like one: a classifier's pooled features, compared by their directions.
 *
 *   node build/examples/similar.js [MODEL] [FOLDER]
 */
import { ImageIndex, type ImageVector, load, writeDrawnFolder } from 'resmirror';

const [run = 'runs/classify', folder] = process.argv.slice(2);
if (!folder) await writeDrawnFolder('images', { perClass: 4, size: 64 });

const model = await load(run);
const vectors: ImageVector[] = [];
for await (const { image, value } of model.embed([folder ?? 'images']))
  vectors.push({ image, label: image.split('/').at(-2) ?? '', vector: value.slice() }); // value is a window on a batch
await model.close();

const index = ImageIndex.of(vectors);
const [wanted] = vectors;
console.log(`like ${wanted!.image}:`);
for (const { image, similarity } of index.nearest(wanted!.vector, { top: 4 }))
  console.log(`${similarity.toFixed(3)}  ${image}`);
