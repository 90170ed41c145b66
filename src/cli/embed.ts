/** `resmirror embed`: images as vectors, for search, clustering and plots. */
import { command, option } from './command.js';
import { computeOptions } from './device.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';
import { withPredictor } from './predictor.js';

const ENDINGS = ['.npy', '.parquet'];

export const embed = command({
  arguments: {
    '<model>': 'a run folder or .safetensors file',
    '<image...>': 'image files, or folders of them at any depth',
  },
  options: {
    out: option('--out <file>', 'where the vectors go: a NumPy file, float32 [images, length], or Parquet', {
      usual: 'vectors.npy',
    }),
    ...computeOptions,
  },
  notes: `A classifier gives its pooled features, an autoencoder its latent vectors.
Beside a .npy the names of the images go to a text file, in the same order.
A .parquet has columns image, label (the folder that an image lies in) and
embedding (a list of float32) among others; 'search' takes both.`,
  examples: [
    ['embed runs/resnet18-photos-1 ./photos --out photos.npy', 'photos.npy, and photos.txt with the names'],
    ['embed runs/resnet18-photos-1 ./photos --out photos.parquet', 'one file, for data frames and for search'],
  ],
  async run({ args, options, terminal }) {
    const { out = 'vectors.npy', ...compute } = options;
    if (!ENDINGS.some((ending) => out.endsWith(ending)))
      throw usageError(`expected --out to end in ${ENDINGS.join(' or ')}, got ${out}`);
    const { readModel } = await import('../weights/index.js');
    const { modelKey, vectorsOf } = await import('../inference/search/folder-vectors.js');
    const { writeVectors } = await import('../inference/search/vectors-file.js');
    const model = await readModel(args.model);
    const key = modelKey(model);
    return withPredictor({ model, compute, terminal }, async (predictor) => {
      const file = await vectorsOf(predictor, { images: args.image, model: key });
      const [, names] = await writeVectors(out, file);
      const [count, length] = [file.vectors.length, file.vectors[0]?.vector.length ?? 0];
      const beside = names === undefined ? '' : `, their names in ${names}`;
      terminal.print(`${counted(count, 'vector')} of ${length} numbers in ${out}${beside}`);
      return { json: { out, ...(names && { names }), shape: [count, length], skipped: predictor.skipped } };
    });
  },
});
