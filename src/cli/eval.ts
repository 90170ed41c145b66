/** `resmirror eval`: how good a model is. */
import { command, flag, option } from './command.js';
import { computeOptions, computeSettings } from './device.js';
import { evaluationLines } from './evaluation.js';
import { counted } from './figures.js';
import { StatusLine } from './status-line.js';

export const evaluation = command({
  arguments: {
    '<model>': 'a run folder, .safetensors or .onnx file',
    '<data>': "as for train: images in DATA/<class>/ or DATA/<split>/<class>/, IDX, CIFAR, or 'drawn'",
  },
  options: {
    split: option('--split <part>', 'which part of the data', {
      choices: ['validation', 'train', 'test'] as const,
      usual: 'validation; all of it where there are no parts',
    }),
    mirrored: flag('--mirrored', 'classify: look at each image mirrored too, and average what is said of both'),
    strict: flag('--strict', 'stop at a broken image instead of skipping it'),
    ...computeOptions,
  },
  examples: [
    ['eval runs/resnet18-photos-1 ./photos', 'on the images that training held out'],
    ['eval runs/resnet18-photos-1 ./other-photos --split train', 'on other images of the same classes'],
  ],
  async run({ args, options, terminal }) {
    const { split, strict, mirrored, ...compute } = options;
    const { evaluateModel } = await import('../train/evaluate-model.js');
    const line = new StatusLine();
    const result = await evaluateModel(args.model, args.data, {
      ...(split && { split }),
      ...(strict && { strict }),
      ...(mirrored && { mirrored }),
      ...(await computeSettings(compute)),
      onBatch: (done, of) =>
        line.update(
          () => `batch ${done} of ${of}`,
          () => `batch ${done} of ${of}`,
        ),
    });
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
