/** `resmirror embed`: images as vectors, for search, clustering and plots. */
import { basename, join } from 'node:path';
import type { ShardPart } from '../data/shards/work.js';
import type { Predictor } from '../inference/index.js';
import { command, option } from './command.js';
import { computeOptions } from './device.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';
import { withPredictor } from './predictor.js';
import { outcomeOf, shardImages, shareOption, workOnShards } from './shard-work.js';

const ENDINGS = ['.npy', '.parquet'];
const isFile = (out: string): boolean => ENDINGS.some((ending) => out.endsWith(ending));

export const embed = command({
  arguments: {
    '<model>': 'a run folder or .safetensors file',
    '<image...>': 'image files, folders of them at any depth, or a pattern of tar shards',
  },
  options: {
    out: option('--out <file>', 'where the vectors go: a NumPy file, float32 [images, length], or Parquet', {
      usual: 'vectors.npy; of shards the folder vectors',
    }),
    part: shareOption,
    ...computeOptions,
  },
  notes: `A classifier gives its pooled features, an autoencoder its latent vectors.
Beside a .npy the names of the images go to a text file, in the same order.
A .parquet has columns image, label (the folder that an image lies in) and
embedding (a list of float32) among others; 'search' takes both.
Of shards, --out is a folder with a .npy for each; done ones are not done again.`,
  examples: [
    ['embed runs/resnet18-photos-1 ./photos --out photos.npy', 'photos.npy, and photos.txt with the names'],
    ['embed runs/resnet18-photos-1 ./photos --out photos.parquet', 'one file, for data frames and for search'],
    ["embed runs/resnet18-photos-1 'shard-{0..9}.tar' --out vectors", 'shard by shard'],
  ],
  async run({ args, options, terminal }) {
    const { isShards } = await import('../data/shards/pattern.js');
    const { out = args.image.some(isShards) ? 'vectors' : 'vectors.npy', part, ...compute } = options;
    const { readModel } = await import('../weights/index.js');
    const { modelKey, vectorsOf } = await import('../inference/search/folder-vectors.js');
    if (!isFile(out)) {
      const { shardParts } = await import('../data/shards/work.js');
      const parts = shardParts(await shardImages(args.image, terminal));
      const model = await readModel(args.model);
      const by = { command: 'embed', model: modelKey(model) };
      return withPredictor({ model, compute, terminal }, async (predictor) =>
        outcomeOf(await workOnShards(parts, { out, by, share: part, terminal, work: vectorsInto(predictor, out) })),
      );
    }
    if (args.image.some(isShards)) throw usageError(`of shards, expected --out to be a folder, got ${out}`);
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

/** Writes the vectors of a shard's images, and their names beside them. */
const vectorsInto =
  (predictor: Predictor, out: string) =>
  async ({ images, stem }: ShardPart) => {
    const { labelOf, writeVectors } = await import('../inference/search/vectors-file.js');
    const known = predictor.skipped.length;
    const vectors = [];
    // what comes is a window on a whole batch
    for await (const { image, value } of predictor.embed(images))
      vectors.push({ image, label: labelOf(image), vector: value.slice() });
    const files = await writeVectors(join(out, `${stem}.npy`), { vectors });
    return {
      files: files.map((file) => basename(file)),
      shape: [vectors.length, vectors[0]?.vector.length ?? 0],
      skipped: predictor.skipped.slice(known),
    };
  };
