/** `resmirror predict`: what is on an image. */
import type { Answer, ClassScore } from '../inference/index.js';
import { columns, shortened } from './columns.js';
import { command, option } from './command.js';
import { computeOptions } from './device.js';
import { bar, percent } from './figures.js';
import { withPredictor } from './predictor.js';
import type { Paint } from './terminal.js';
import { count } from './values.js';

export const predict = command({
  arguments: {
    '<model>': 'a run folder or .safetensors file that train classify made',
    '<image...>': 'image files, or folders of them at any depth',
  },
  options: {
    top: option('--top <k>', 'classes to show for each image', { parse: count, usual: '5' }),
    ...computeOptions,
  },
  examples: [
    ['predict runs/resnet18-photos-1 rose.jpg', 'the most probable classes'],
    ['predict runs/resnet18-photos-1 ./inbox --top 1 --json', 'a whole folder, for programs'],
  ],
  async run({ args, options, terminal }) {
    const { top = 5, ...compute } = options;
    return withPredictor({ model: args.model, compute, terminal }, async (predictor) => {
      const predictions: object[] = [];
      for await (const answer of predictor.classify(args.image, { top })) {
        for (const line of predictionLines(answer, terminal.paint)) terminal.print(line);
        if (terminal.json) predictions.push({ image: answer.image, classes: answer.value });
      }
      return { json: { predictions, skipped: predictor.skipped } };
    });
  },
});

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
