/** `resmirror search`: the images that are most like one. */
import { stat } from 'node:fs/promises';
import type { Predictor } from '../inference/index.js';
import type { ImageVector, Neighbour } from '../inference/search/image-index.js';
import type { VectorsFile } from '../inference/search/vectors-file.js';
import { columns, shortened } from './columns.js';
import { command, option } from './command.js';
import { contactSheet } from './contact-sheet.js';
import { machineOptions } from './device.js';
import { usageError } from './failure.js';
import { bar, counted } from './figures.js';
import { withPredictor } from './predictor.js';
import type { Terminal } from './terminal.js';
import { count } from './values.js';

const TOP = 5;

export const search = command({
  arguments: {
    '<model>': 'a run folder or .safetensors file',
    '<where>': "a folder of images, or a .parquet or .npy that 'embed' made of one by this model",
  },
  options: {
    image: option('--image <file>', 'the image that others are compared with'),
    top: option('--top <k>', 'images to show', { parse: count, usual: `${TOP}` }),
    index: option('--index <file.parquet>', "where a folder's vectors are kept, so that they are made once"),
    out: option('--out <file>', 'a picture: the image above, those like it below, the nearest first'),
    ...machineOptions,
  },
  notes: `Images are compared by the directions of their vectors (cosine similarity): a
classifier's pooled features, an autoencoder's latent vectors. With --index only
new and changed images of the folder go through the network the next time.`,
  examples: [
    ['search runs/photos ./photos --image rose.jpg --index p.parquet', 'the five most like it'],
    ['search runs/photos p.parquet --image rose.jpg --out like.png', 'as a picture'],
  ],
  async run({ args, options, terminal }) {
    const { image, top = TOP, index, out, ...compute } = options;
    if (image === undefined) throw usageError('expected --image with the image to look for');
    if (index !== undefined && !index.endsWith('.parquet'))
      throw usageError(`expected --index to end in .parquet, got ${index}`);
    const { readModel } = await import('../weights/index.js');
    const { modelKey } = await import('../inference/search/folder-vectors.js');
    const { ImageIndex } = await import('../inference/search/image-index.js');
    const model = await readModel(args.model);
    const key = modelKey(model);
    return withPredictor({ model, compute, terminal }, async (predictor) => {
      const given = { where: args.where, index, model: key };
      const { vectors, embedded } = await gathered(predictor, given, terminal);
      const wanted = await vectorOf(predictor, image);
      const nearest = ImageIndex.of(vectors).nearest(wanted, { top });
      for (const line of lines(nearest)) terminal.print(line);
      if (out !== undefined) await draw(out, [image, ...nearest.map((one) => one.image)]);
      const json = { image, nearest: nearest.map(({ index: _, ...one }) => one), images: vectors.length, embedded };
      return { json: { ...json, ...(out !== undefined && { out }), skipped: predictor.skipped } };
    });
  },
});

interface Where {
  readonly where: string;
  readonly index: string | undefined;
  readonly model: string;
}

/** Vectors of a folder, or out of a file; how many images went through the network for them. */
async function gathered(
  predictor: Predictor,
  { where, index, model }: Where,
  terminal: Terminal,
): Promise<{ readonly vectors: readonly ImageVector[]; readonly embedded: number }> {
  const { isVectorsFile, readVectors, writeVectors } = await import('../inference/search/vectors-file.js');
  if (isVectorsFile(where)) {
    if (index !== undefined) throw usageError(`--index is for folders of images; ${where} holds vectors already`);
    const { vectors, model: other } = await readVectors(where);
    if (other !== undefined && other !== model)
      terminal.warn(`${where} was made by another model, or for images prepared otherwise: likeness means little`);
    return { vectors, embedded: 0 };
  }
  const { vectorsOf } = await import('../inference/search/folder-vectors.js');
  const kept: VectorsFile | undefined =
    index !== undefined && (await stat(index).catch(() => undefined)) ? await readVectors(index) : undefined;
  const { embedded, changed, ...file } = await vectorsOf(predictor, { images: [where], model, known: kept });
  if (index !== undefined) {
    if (changed) await writeVectors(index, file);
    const known = file.vectors.length - embedded;
    terminal.news(`${counted(embedded, 'image')} embedded, ${known} known from ${index}`);
  }
  return { vectors: file.vectors, embedded };
}

async function vectorOf(predictor: Predictor, image: string): Promise<Float32Array> {
  for await (const { value } of predictor.embed([image])) return value.slice();
  const { UserError } = await import('../errors.js');
  throw new UserError(`${image} cannot be read as an image: ${predictor.skipped.at(-1)?.reason ?? 'it is none'}`);
}

const [BAR, NAME] = [24, 48];

const lines = (nearest: readonly Neighbour[]) =>
  columns(
    nearest.map(({ image, label, similarity }) => [
      shortened(image, NAME, { keep: 'end' }),
      shortened(label, 20),
      bar(similarity, BAR),
      similarity.toFixed(3),
    ]),
    '<<<>',
  );

/** Images in a row of the picture. */
const ACROSS = 5;

async function draw(out: string, [wanted, ...found]: readonly string[]): Promise<void> {
  const { decodeImage } = await import('../data/decode.js');
  const { writePicture } = await import('./reconstruct.js');
  const pictures = await Promise.all(found.map((image) => decodeImage(image)));
  const rows = Array.from({ length: Math.ceil(pictures.length / ACROSS) }, (_, i) =>
    pictures.slice(i * ACROSS, (i + 1) * ACROSS),
  );
  await writePicture(out, contactSheet([[[await decodeImage(wanted!)]], rows]));
}
