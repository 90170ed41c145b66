/** `resmirror predict`: what is on an image. */
import { join } from 'node:path';
import type { ShardPart } from '../data/shards/work.js';
import type { Answer, ClassScore, Predictor } from '../inference/index.js';
import { columns, shortened } from './columns.js';
import { command, option } from './command.js';
import { computeOptions } from './device.js';
import { bar, percent } from './figures.js';
import { withPredictor } from './predictor.js';
import { outcomeOf, shardImages, shareOption, workOnShards } from './shard-work.js';
import type { Paint } from './terminal.js';
import { count } from './values.js';

export const predict = command({
  arguments: {
    '<model>': 'a run folder or .safetensors file that train classify made',
    '<image...>': 'image files, folders of them at any depth, or a pattern of tar shards',
  },
  options: {
    top: option('--top <k>', 'classes to show for each image', { parse: count, usual: '5' }),
    out: option('--out <folder>', 'of shards: where a .jsonl for each goes; done ones are not done again'),
    part: shareOption,
    ...computeOptions,
  },
  examples: [
    ['predict runs/resnet18-photos-1 rose.jpg', 'the most probable classes'],
    ['predict runs/resnet18-photos-1 ./inbox --top 1 --json', 'a whole folder, for programs'],
    ["predict runs/resnet18-photos-1 'shard-{0..9}.tar' --out answers", 'shard by shard'],
  ],
  async run({ args, options, terminal }) {
    const { top = 5, out, part, ...compute } = options;
    if (out !== undefined) {
      const { readModel } = await import('../weights/index.js');
      const { modelKey } = await import('../inference/search/folder-vectors.js');
      const { shardParts } = await import('../data/shards/work.js');
      const parts = shardParts(await shardImages(args.image, terminal));
      const model = await readModel(args.model);
      const by = { command: 'predict', model: modelKey(model), top };
      return withPredictor({ model, compute, terminal }, async (predictor) => {
        const work = { out, by, share: part, terminal, work: answersTo(predictor, { out, top }) };
        return outcomeOf(await workOnShards(parts, work));
      });
    }
    return withPredictor({ model: args.model, compute, once: true, terminal }, async (predictor) => {
      const predictions: object[] = [];
      for await (const answer of predictor.classify(args.image, { top })) {
        for (const line of predictionLines(answer, terminal.paint)) terminal.print(line);
        if (terminal.json) predictions.push({ image: answer.image, classes: answer.value });
      }
      return { json: { predictions, skipped: predictor.skipped } };
    });
  },
});

/** Writes the answers for the images of a shard, a line each. */
const answersTo =
  (predictor: Predictor, { out, top }: { readonly out: string; readonly top: number }) =>
  async ({ images, stem }: ShardPart) => {
    const { writeAtomically } = await import('../weights/index.js');
    const known = predictor.skipped.length;
    const lines: string[] = [];
    for await (const { image, value } of predictor.classify(images, { top }))
      lines.push(`${JSON.stringify({ image, classes: value })}\n`);
    const file = `${stem}.jsonl`;
    await writeAtomically(join(out, file), lines.join(''));
    return { file, answers: lines.length, skipped: predictor.skipped.slice(known) };
  };

const BAR = 24;

/** The image's name, and a bar for each class. */
export function predictionLines({ image, value }: Answer<readonly ClassScore[]>, paint: Paint): string[] {
  const rows = value.map(({ label, probability }) => [
    shortened(label, 28),
    bar(probability, BAR),
    percent(probability),
  ]);
  const lines = columns(rows, '<<>').map((line, i) => `  ${i === 0 ? paint('green', line) : paint('dim', line)}`);
  return [paint('bold', image), ...lines, ''];
}
