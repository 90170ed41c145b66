/**
 * Images made ready for training, on demand: decoded, a random part resized to 224 pixels, perhaps mirrored, normalised. As in a training,
 * normalised images stay in the engine; their mean comes out. Its peer is bench/torch/decode.py.
 *
 *   echo 3 | node build/bench/decode.js folder
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { graph, Loader, nn, openImages, openRuntime } from 'resmirror';
import { serve } from './serve.js';

const [folder = ''] = process.argv.slice(2);
const dataset = await openImages(readdirSync(folder).map((file) => join(folder, file)));
const preprocessing = {
  ...nn.imagenetNormalisation,
  size: [224, 224] as const,
  channels: 3 as const,
  cropRatio: 0.875,
  interpolation: 'bilinear' as const,
};
const shape = [dataset.length, 224, 224, 3];
const loader = new Loader({ workers: 1, cacheBytes: 0 });
const runtime = openRuntime({ threads: 1 });
const x = nn.normalise(nn.unit(graph.input('images', shape, 'uint8')), preprocessing);
const program = await runtime.compile({ name: 'normalised', outputs: { mean: graph.reduceMean(x) } });
const recipe = { preprocessing, augmentation: { scale: [0.08, 1] as const, flip: 0.5 }, shuffle: false, seed: 0 };

let epoch = 0;
await serve(async () => {
  for await (const { images } of loader.epoch(dataset, { ...recipe, batch: dataset.length, epoch: epoch++ }))
    await program.run({ images: { dtype: 'uint8', shape, data: images } });
});
await loader.close();
await runtime.close();
