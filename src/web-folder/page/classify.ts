/** The page of a classifier: an image, and how probable each class is. */
import { element, say, show, trouble } from './elements.js';
import type { Engine } from './engine.js';
import { latestOnly, onImage } from './picker.js';
import { draw } from './picture.js';
import { inWords } from './problem.js';

const SHOWN = 5;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export function classify(engine: Engine): void {
  const { classes } = engine.description;
  const ask = latestOnly();
  onImage(async (file) => {
    const isLatest = ask();
    trouble();
    say('verdict', 'Looking …');
    try {
      const seen = await engine.prepare(file);
      if (!isLatest()) return;
      draw(element<HTMLCanvasElement>('seen'), seen, engine.description);
      show('answer');
      const { data, milliseconds } = await engine.runOn(seen);
      if (!isLatest()) return;
      const scores = classes
        .map((label, i) => ({ label, probability: data[i]! }))
        .sort((a, b) => b.probability - a.probability)
        .slice(0, SHOWN);
      element('classes').replaceChildren(...scores.map(row));
      say('verdict', `${scores[0]!.label}, ${percent(scores[0]!.probability)}`);
      say('time', `${file.name || 'The image'}: ${Math.max(1, Math.round(milliseconds))} ms in the network`);
    } catch (error) {
      if (!isLatest()) return;
      say('verdict', '');
      show('answer', false);
      trouble(inWords(error, 'classify the image'));
    }
  });
}

function row({ label, probability }: { label: string; probability: number }): HTMLElement {
  const [item, name, share] = [document.createElement('li'), document.createElement('span'), document.createElement('span')];
  name.textContent = label;
  name.title = label;
  share.textContent = percent(probability);
  share.dataset['probability'] = `${probability}`;
  item.style.setProperty('--share', `${probability}`);
  item.append(name, share);
  return item;
}
