/** `resmirror eval`: how good a model is. */
import type { Share } from '../data/share.js';
import type { EvaluateShardsOptions } from '../train/evaluate-shards.js';
import { command, flag, type Outcome, option } from './command.js';
import { computeOptions, computeSettings } from './device.js';
import { evaluationLines } from './evaluation.js';
import { counted } from './figures.js';
import { outcomeOf, shareOption, sharing } from './shard-work.js';
import { StatusLine } from './status-line.js';
import type { Terminal } from './terminal.js';

export const evaluation = command({
  arguments: {
    '<model>': 'a run folder, .safetensors or .onnx file',
    '<data>': "as for train: images in DATA/<class>/ or DATA/<split>/<class>/, IDX, CIFAR, tar shards, or 'drawn'",
  },
  options: {
    split: option('--split <part>', 'which part of the data', {
      choices: ['validation', 'train', 'test'] as const,
      usual: 'validation; all of it where there are no parts',
    }),
    mirrored: flag('--mirrored', 'classify: look at each image mirrored too, and average what is said of both'),
    out: option('--out <folder>', 'of shards: figures of each, kept, and of all; done shards are not done again'),
    part: shareOption,
    strict: flag('--strict', 'stop at a broken image instead of skipping it'),
    ...computeOptions,
  },
  examples: [
    ['eval runs/resnet18-photos-1 ./photos', 'on the images that training held out'],
    ['eval runs/resnet18-photos-1 ./other-photos --split train', 'on other images of the same classes'],
    ["eval runs/resnet18-photos-1 'val-{0..7}.tar' --out figures", 'shard by shard'],
  ],
  async run({ args, options, terminal }) {
    const { split, strict, mirrored, out, part, ...compute } = options;
    const settings = {
      ...(split && { split }),
      ...(strict && { strict }),
      ...(mirrored && { mirrored }),
      ...(await computeSettings(compute)),
    };
    if (out !== undefined) return onShards(args, { ...settings, out, share: part }, terminal);
    const { evaluateModel } = await import('../train/evaluate-model.js');
    const line = new StatusLine();
    const onBatch = (done: number, of: number) => {
      const text = () => `batch ${done} of ${of}`;
      line.update(text, text);
    };
    const result = await evaluateModel(args.model, args.data, { ...settings, onBatch });
    line.clear();
    const { model, dataset, images, metrics, confusion, skipped, warnings } = result;
    for (const warning of warnings) terminal.warn(warning);
    for (const { file, reason } of skipped) terminal.warn(`skipped ${file}: ${reason}`);
    const { classes } = model.card;
    terminal.print(terminal.paint('dim', `${model.network.name} on ${dataset.name}, ${counted(images, 'image')}`));
    terminal.print();
    for (const text of evaluationLines(result, { classes, paint: terminal.paint })) terminal.print(text);
    return {
      json: { data: dataset.name, images, metrics, ...(confusion && { classes, confusion }), skipped },
    };
  },
});

/** The figures of all shards where this was the last part of the work. */
async function onShards(
  { model: path, data }: { readonly model: string; readonly data: string },
  { share, ...options }: Omit<EvaluateShardsOptions, 'share'> & { readonly share: Share | undefined },
  terminal: Terminal,
): Promise<Outcome> {
  const { evaluateShards } = await import('../train/evaluate-shards.js');
  const { model, worked, evaluation, warnings } = await sharing({ share, terminal }, (given) =>
    evaluateShards(path, data, { ...options, ...given }),
  );
  for (const warning of warnings) terminal.warn(warning);
  const { classes } = model.card;
  const { json, ...rest } = outcomeOf(worked);
  if (evaluation) {
    terminal.print();
    for (const text of evaluationLines(evaluation, { classes, paint: terminal.paint })) terminal.print(text);
  }
  return { json: { ...json, ...(evaluation && { ...evaluation, classes }) }, ...rest };
}
