/** `resmirror import`: weights of other programs as a model. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';
import type { ImportOptions } from '../weights/import.js';
import { writeModel } from '../weights/index.js';
import { command, option } from './command.js';
import { usageError } from './failure.js';
import { counted, grouped } from './figures.js';
import { numbers, share, size, words } from './values.js';

const group = { network: 'Network', images: 'Preprocessing' } as const;

export const importCommand = command({
  arguments: {
    '<weights>': 'a PyTorch checkpoint, safetensors, a NumPy archive, or a folder of Hugging Face or timm',
  },
  options: {
    out: option('--out <file>', 'where the model goes', { usual: 'model.safetensors' }),
    key: option('--key <name>', 'entry of the checkpoint that holds the weights', {
      usual: 'state_dict, model or model_ema, the first there is',
    }),
    drop: option('--drop <names>', 'leave out tensors whose names begin so: criterion.,aux.', { parse: words }),
    net: option('--net <name>', 'a ResNet by name or setting; auto sees it from the weights', {
      usual: 'auto',
      group: group.network,
    }),
    variant: option('--variant <name>', 'stem of 7x7 and pool, or of 3x3', {
      choices: ['imagenet', 'cifar'] as const,
      usual: 'as the weights have it',
      group: group.network,
    }),
    stride: option('--stride <place>', 'where bottleneck blocks stride, which weights do not tell', {
      choices: ['middle', 'first'] as const,
      usual: 'middle',
      group: group.network,
    }),
    labels: option('--labels <file>', 'class names, one a line, or a JSON array', {
      usual: "the folder's, or 0, 1, 2, …",
      group: group.network,
    }),
    size: option('--size <HxW>', 'height and width of the images', {
      parse: size,
      usual: '224; 32 for 3x3 stems',
      group: group.images,
    }),
    crop: option('--crop <share>', 'of the shorter side that is seen', {
      parse: share,
      usual: '0.875; 1 for 3x3 stems',
      group: group.images,
    }),
    interpolation: option('--interpolation <way>', 'how images are brought to that size', {
      choices: ['nearest', 'bilinear', 'bicubic'] as const,
      usual: 'bilinear',
      group: group.images,
    }),
    mean: option('--mean <r,g,b>', 'of values from 0 to 1', {
      parse: numbers,
      usual: '0.485,0.456,0.406',
      group: group.images,
    }),
    std: option('--std <r,g,b>', 'of values from 0 to 1', {
      parse: numbers,
      usual: '0.229,0.224,0.225',
      group: group.images,
    }),
  },
  notes: `Nothing in the file is executed: a checkpoint that asks for anything but
tensors and plain data is refused. Every weight must have its place and its
shape. A folder's config.json and preprocessor_config.json say network, labels
and preprocessing; options go before them. Other commands take such files and
folders too, as import without options would.`,
  examples: [
    ['import resnet50.pth --labels imagenet.txt --out r50.safetensors', "torchvision's"],
    ['import best.pth.tar --key model_ema --drop criterion.', 'of a training script'],
    ['import ./resnet-50 --out r50.safetensors', 'a folder of the hub: config.json and model.safetensors'],
    ['embed resnet50.pth ./photos', 'a checkpoint as it is'],
  ],
  async run({ args, options, terminal }) {
    const { out = 'model.safetensors', labels, mean, std, crop, interpolation, ...rest } = options;
    if (!out.endsWith('.safetensors')) throw usageError(`expected --out to end in .safetensors, got ${out}`);
    const { importWeights } = await import('../weights/import.js');
    const preprocessing = {
      ...(mean && { mean }),
      ...(std && { std }),
      ...(crop !== undefined && { cropRatio: crop }),
      ...(interpolation && { interpolation }),
    };
    const classes = labels === undefined ? undefined : await labelsIn(labels);
    const given: ImportOptions = { ...rest, preprocessing, ...(classes && { classes }) };
    const { model, format, names, prefix, renamed, dropped } = await importWeights(args.weights, given);
    await writeModel(out, model);
    const { network, weights, card } = model;
    const parameters = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
    terminal.print(`${network.name} in ${out}`);
    terminal.print(
      `${counted(Object.keys(weights).length, 'tensor')} of ${grouped(parameters)} numbers, ${counted(card.classes.length, 'class', 'classes')}; ${format}, names of ${names}`,
    );
    if (prefix) terminal.print(`without ${prefix} in front of names`);
    for (const [from, to] of Object.entries(renamed)) terminal.print(`${from} → ${to}`);
    const counters = dropped.filter((name) => name.endsWith('num_batches_tracked'));
    const others = dropped.filter((name) => !counters.includes(name));
    if (counters.length > 0) terminal.print(`left out: ${counted(counters.length, 'counter')} num_batches_tracked`);
    if (others.length > 0) terminal.print(`left out: ${others.join(', ')}`);
    return {
      json: {
        out,
        format,
        names,
        prefix,
        renamed,
        dropped,
        network: network.config,
        preprocessing: card.preprocessing,
        parameters,
      },
    };
  },
});

/** A JSON array of names, or a name a line. */
async function labelsIn(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UserError(`cannot read the labels in ${path}: ${error.message}`);
  });
  if (!text.trimStart().startsWith('[')) return text.trimEnd().split(/\r?\n/);
  try {
    const names: unknown = JSON.parse(text);
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  } catch {
    // said below
  }
  throw new UserError(`${path}: expected a JSON array of names, or a name a line`);
}
