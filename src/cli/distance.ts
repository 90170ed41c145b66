/** `resmirror distance`: how far two sets of images lie apart in what a classifier sees. */
import { command, option } from './command.js';
import { computeOptions, computeSettings } from './device.js';
import { usageError } from './failure.js';
import { counted, grouped } from './figures.js';
import { StatusLine } from './status-line.js';
import { splitPair } from './values.js';

export const distance = command({
  arguments: {
    '<a>': "images in a folder at any depth, IDX or CIFAR files, or 'drawn' (drawn:200 for so many)",
    '<b>': 'other images, of the same kinds',
  },
  options: {
    classifier: option('--classifier <model>', 'whose features are compared: a run folder or .safetensors file'),
    split: option('--split <part>', 'train, validation or test of data that has parts; train,test for one of each', {
      parse: splitPair,
      usual: 'train; all of data without parts',
    }),
    ...computeOptions,
  },
  notes: `The Fréchet distance of Heusel et al. 2017 between the pooled features of both
sets: 0 for equal sets, larger the less they have in common. How small it can
get, the distance of two sets of real images says. Only distances by the same
classifier and of equally many images can be compared.`,
  examples: [
    ['distance ./photos ./made --classifier runs/resnet18-photos-1', 'real images against made ones'],
    ['distance ./pets ./pets --split train,test --classifier runs/net', 'of two real sets'],
  ],
  async run({ args, options, terminal }) {
    const { classifier, split, ...compute } = options;
    if (classifier === undefined)
      throw usageError("expected --classifier with a model that 'train classify' made, got none");
    const { featureDistance } = await import('../train/feature-distance.js');
    const line = new StatusLine();
    const result = await featureDistance([args.a, args.b], {
      classifier,
      ...(split && { splits: split }),
      ...(await computeSettings(compute)),
      onImage: (done, of) => {
        const text = () => (done < of ? `${grouped(done)} of ${counted(of, 'image')}` : 'comparing');
        line.update(text, text);
      },
    });
    line.clear();
    const { images, features, skipped, warnings } = result;
    for (const warning of warnings) terminal.warn(warning);
    for (const { file, reason } of skipped) terminal.warn(`skipped ${file}: ${reason}`);
    const sets = images.map((n) => counted(n, 'image')).join(' and ');
    terminal.print(terminal.paint('dim', `${sets}, ${grouped(features)} features`));
    terminal.print(`Fréchet distance  ${terminal.paint('bold', result.distance.toPrecision(4))}`);
    return { json: result };
  },
});
