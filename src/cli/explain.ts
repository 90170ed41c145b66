/** `resmirror explain`: pictures of what a network sees, and why it says what it says. */
import { command, option } from './command.js';
import { computeSettings, machineOptions } from './device.js';
import { USUAL_IMAGES } from './explained.js';
import { methods } from './explained-ways.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';
import { writePicture } from './reconstruct.js';
import { count, seed } from './values.js';

export const explain = command({
  arguments: {
    '<model>': 'a run folder or .safetensors file',
    '[image...]': 'image files, or folders of them at any depth',
  },
  options: {
    out: option('--out <file>', 'the picture: a .png, .jpg or .webp', { usual: 'explanation.png' }),
    method: option('--method <name>', 'what to draw', {
      choices: ['grad-cam', 'integrated-gradients', 'features', 'stages', 'filters'] as const,
      usual: 'by what the model does: grad-cam, or stages',
    }),
    class: option('--class <name>', 'the class to explain, or to make images of', {
      usual: "each image's most probable; every class",
    }),
    stage: option('--stage <n>', 'of the network, from 1', { parse: count, usual: 'the last; features show all' }),
    steps: option('--steps <n>', 'of integrated gradients', { parse: count, usual: '50' }),
    limit: option('--limit <n>', 'images at most', {
      parse: count,
      usual: `${USUAL_IMAGES}; 4 for features, 8 for stages`,
    }),
    seed: option('--seed <n>', 'of the vectors, for stages without images', { parse: seed, usual: '0' }),
    ...machineOptions,
  },
  notes: `grad-cam              where a class is seen: warm colours speak for it
integrated-gradients  what each pixel adds: orange for the class, blue against
features              maps after each stage, a row for each: all channels in
                      three colours, then the liveliest ones by themselves
stages                how an image comes out of the transposed network: all
                      channels after each stage in three colours, the image last
filters               filters at the pixels: what the first layer looks for, or
                      what the last one of a transposed network draws with`,
  examples: [
    ['explain runs/photos cat.jpg --out cat.png', 'the image, and where its class is seen'],
    ['explain runs/a x.jpg --class dog --method integrated-gradients', 'why dog'],
    ['explain runs/photos cat.jpg --method features', 'what each stage makes of it'],
    ['explain runs/maker --method stages --seed 3', 'how images come about'],
    ['explain runs/photos --method filters', 'what the first layer looks for'],
  ],
  async run({ args, options, terminal }) {
    const { out = 'explanation.png', method, batch, threads, device, memoryLimit, ...choices } = options;
    if (/\.(gif|svg|pdf)$/i.test(out)) throw usageError(`expected --out to end in .png, .jpg or .webp, got ${out}`);
    const { readModel } = await import('../weights/index.js');
    const compute = await computeSettings({ batch, threads, device, memoryLimit });
    const model = await readModel(args.model);
    const way = method ?? (model.card.task === 'classify' ? 'grad-cam' : 'stages');
    const task = { model, compute, images: args.image ?? [], choices };
    const { refuses, draw } = methods[way];
    refuses(task);
    const { picture, lines, json, skipped } = await draw(task);
    for (const { file, reason } of skipped) terminal.warn(`skipped ${file}: ${reason}`);
    if (skipped.length > 1) terminal.warn(`${counted(skipped.length, 'image')} skipped`);
    await writePicture(out, picture);
    for (const line of lines(terminal.paint)) terminal.print(line);
    terminal.print(`Picture  ${out}`);
    return { json: { out, method: way, ...json, skipped } };
  },
});
