/** `resmirror embed`: images as vectors, for search, clustering and plots. */
import { npyRows, writeAtomically } from '../weights/index.js';
import { command, option } from './command.js';
import { computeOptions } from './device.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';
import { withPredictor } from './predictor.js';

export const embed = command({
  arguments: {
    '<model>': 'a run folder or .safetensors file',
    '<image...>': 'image files, or folders of them at any depth',
  },
  options: {
    out: option('--out <file.npy>', 'where the vectors go: a NumPy file, float32 [images, length]', {
      usual: 'vectors.npy',
    }),
    ...computeOptions,
  },
  notes:
    'A classifier gives its pooled features, an autoencoder its latent vectors. The\nnames of the images go to a text file beside the vectors, in the same order.',
  examples: [['embed runs/resnet18-photos-1 ./photos --out photos.npy', 'photos.npy, and photos.txt with the names']],
  async run({ args, options, terminal }) {
    const { out = 'vectors.npy', ...compute } = options;
    if (!out.endsWith('.npy')) throw usageError(`expected --out to end in .npy, got ${out}`);
    return withPredictor({ model: args.model, compute, terminal }, async (predictor) => {
      const [names, vectors]: [string[], Float32Array[]] = [[], []];
      for await (const { image, value } of predictor.embed(args.image)) {
        names.push(image);
        vectors.push(value.slice()); // what comes is a window on a whole batch
      }
      const list = out.replace(/\.npy$/, '.txt');
      await writeAtomically(out, npyRows(vectors));
      await writeAtomically(list, names.map((name) => `${name}\n`).join(''));
      const length = vectors[0]?.length ?? 0;
      terminal.print(`${counted(names.length, 'vector')} of ${length} numbers in ${out}, their names in ${list}`);
      return { json: { out, names: list, shape: [names.length, length], skipped: predictor.skipped } };
    });
  },
});
