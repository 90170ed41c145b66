/** `resmirror generate`: images of random vectors, on the way from one to another, or as a film. */
import { command, flag, type OptionRow, option } from './command.js';
import { computeOptions, computeSettings } from './device.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';
import { type Choices, classNumber, FRAMES, interpolation, samples, USUAL, walk } from './generated-ways.js';
import type { Picture } from './pair-grid.js';
import { writeFilm, writePicture } from './reconstruct.js';
import { count, seed } from './values.js';

/** Milliseconds of a frame. */
const DELAY = 60;

const film = /\.(webp|gif)$/i;

export const generate = command({
  arguments: { '<model>': 'a run folder or .safetensors file that train generate made' },
  options: {
    out: option('--out <file>', 'the picture; of a walk a .webp or .gif', {
      usual: 'generated.png, walk.webp for a walk',
    }),
    count: option('--count <n>', 'images', {
      parse: count,
      usual: `${USUAL.grid}; ${USUAL.way} with --interpolate, ${USUAL.film} with --walk`,
    }),
    seed: option('--seed <n>', 'of the random vectors: the same seed, the same images', { parse: seed, usual: '0' }),
    class: option('--class <name>', 'make images of this class only', {
      usual: 'all: samples in columns, ways in rows',
    }),
    interpolate: {
      flags: '--interpolate <ends...>',
      help: 'the way between two seeds, or between two image files',
    } as OptionRow<readonly string[]>,
    walk: flag('--walk', 'a film of images that change into each other, without end'),
    frames: option('--frames <n>', 'of a walk', { parse: count, usual: `${FRAMES}` }),
    ...computeOptions,
  },
  notes: `Ways lead along the sphere on which normal vectors lie. Between images they need
an encoder: a model of train generate --kind vae, or of train reconstruct, which
knows nothing of random vectors otherwise.`,
  examples: [
    ['generate runs/maker --count 100', 'a grid of samples'],
    ['generate runs/maker --class rose --seed 7 --out roses.png', 'of one class'],
    ['generate runs/maker --interpolate 3 8 --class rose', 'from one sample to another'],
    ['generate runs/maker --walk --out walk.gif', 'a film'],
  ],
  async run({ args, options, terminal }) {
    const { batch, threads, device, memoryLimit, precision, ...choices } = options;
    const { out = choices.walk ? 'walk.webp' : 'generated.png' } = choices;
    checkChoices(choices, out);
    const { readModel } = await import('../weights/index.js');
    const { Generator } = await import('../inference/generator.js');
    const compute = await computeSettings({ batch, threads, device, memoryLimit, precision });
    const model = await readModel(args.model);
    const generator = Generator.open(model, compute);
    try {
      const number = classNumber(generator, choices.class);
      const task = { generator, model, path: args.model, compute, number, choices };
      const way = choices.walk ? walk : choices.interpolate ? interpolation : samples;
      const { points, draw } = await way(task);
      const pictures = (await generator.decode(points)).map((data): Picture => {
        const [height, width] = model.card.preprocessing.size;
        return { data, height, width, channels: model.card.preprocessing.channels };
      });
      const frames = draw(pictures);
      await (choices.walk ? writeFilm(out, frames, DELAY) : writePicture(out, frames[0]!));
      const many = choices.walk ? `${counted(frames.length, 'frame')}` : counted(points.length, 'image');
      terminal.print(`${many} in ${out}`);
      const { classes } = generator;
      const made = points.map(({ class: of }) => classes[of ?? -1]).filter((name) => name !== undefined);
      return { json: { out, images: points.length, ...(choices.walk && { frames: frames.length }), classes: made } };
    } finally {
      await generator.close();
    }
  },
});

function checkChoices({ walk, interpolate, frames, seed: given }: Choices, out: string): void {
  if (walk && interpolate) throw usageError('expected --walk or --interpolate, got both');
  if (walk && !film.test(out)) throw usageError(`a walk is a film: expected --out to end in .webp or .gif, got ${out}`);
  if (!walk && frames !== undefined) throw usageError('only a film has --frames: add --walk, or leave it out');
  if (!walk && /\.gif$/i.test(out)) throw usageError(`expected --out to end in .png, .jpg or .webp, got ${out}`);
  if (interpolate && given !== undefined) throw usageError('the ends of a way are its seeds: leave out --seed');
  if (interpolate && interpolate.length !== 2)
    throw usageError(`expected --interpolate with two seeds or two images, got ${interpolate.length}`);
}
