/** `resmirror probe`: a new last layer on a model that stays as it is. */
import type { ProbeResult } from '../train/probe.js';
import { command, option } from './command.js';
import { computeSettings, machineOptions } from './device.js';
import { evaluationLines } from './evaluation.js';
import { usageError } from './failure.js';
import { counted, grouped } from './figures.js';
import { StatusLine } from './status-line.js';
import { count, positive, seed } from './values.js';

export const probe = command({
  arguments: {
    '<model>': 'a run folder or .safetensors file of a ResNet',
    '<data>': "as for train: images in DATA/<class>/ or DATA/<split>/<class>/, IDX, CIFAR, or 'drawn'",
  },
  options: {
    out: option('--out <file.safetensors>', 'where the model goes', { usual: 'probe.safetensors' }),
    epochs: option('--epochs <n>', 'rounds of the last layer through the features', { parse: count, usual: '50' }),
    learningRate: option('--lr <rate>', 'peak of the learning rate', { parse: positive, usual: '0.01' }),
    seed: option('--seed <n>', 'of the order', { parse: seed, usual: '0' }),
    ...machineOptions,
  },
  notes: `Every image goes through the network once; its features are kept, and only the
last layer is trained on them. How good it gets says how much the features know
about the new classes. 'train classify --from MODEL' trains all of the network.`,
  examples: [['probe runs/resnet18-photos-1 ./others --out others.safetensors', 'in seconds']],
  async run({ args, options, terminal }) {
    const { out = 'probe.safetensors', epochs, learningRate, seed, ...compute } = options;
    if (!out.endsWith('.safetensors')) throw usageError(`expected --out to end in .safetensors, got ${out}`);
    const { probe } = await import('../train/probe.js');
    const { writeModel } = await import('../weights/index.js');
    const line = new StatusLine();
    const tell = (text: string) =>
      line.update(
        () => text,
        () => text,
      );
    const { model, evaluation, skipped, seconds } = await probe(args.model, args.data, {
      ...(await computeSettings(compute)),
      ...(epochs && { epochs }),
      ...(learningRate && { learningRate }),
      ...(seed !== undefined && { seed }),
      onImage: (done, of) => tell(`${done} of ${counted(of, 'image')}`),
      onEpoch: (epoch, loss) => tell(`epoch ${epoch}: loss ${loss.toPrecision(4)}`),
    });
    line.clear();
    for (const { file, reason } of skipped) terminal.warn(`skipped ${file}: ${reason}`);
    await writeModel(out, model);
    const { classes } = model.card;
    for (const text of evaluationLines(evaluation, { classes, paint: terminal.paint })) terminal.print(text);
    terminal.print();
    terminal.print(`${model.network.name} in ${out}; ${pace(seconds)}`);
    return { json: { out, metrics: evaluation.metrics, seconds, skipped } };
  },
});

/** What an epoch costs beside the features: all of a network goes through its images once an epoch, forth and back. */
export function pace({ features, epoch }: ProbeResult['seconds']): string {
  const times = Math.round(features / epoch);
  const less = times > 1 ? `, ${grouped(times)} times less` : '';
  return `features took ${features.toFixed(1)} s, an epoch over them ${(1000 * epoch).toFixed(0)} ms${less}`;
}
