/** The page of a classifier: an image, and how probable each class is. */
import { answerImages } from './answers.js';
import { element, say } from './elements.js';
import type { Engine } from './engine.js';

const SHOWN = 5;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export function classify(engine: Engine): void {
  const { classes } = engine.description;
  answerImages(engine, {
    doing: 'classify the image',
    present(probabilities) {
      const scores = classes
        .map((label, i) => ({ label, probability: probabilities[i]! }))
        .sort((a, b) => b.probability - a.probability)
        .slice(0, SHOWN);
      element('classes').replaceChildren(...scores.map(row));
      say('verdict', `${scores[0]!.label}, ${percent(scores[0]!.probability)}`);
    },
  });
}

function row({ label, probability }: { label: string; probability: number }): HTMLElement {
  const item = document.createElement('li');
  const [name, share] = [document.createElement('span'), document.createElement('span')];
  name.textContent = label;
  name.title = label;
  share.textContent = percent(probability);
  share.dataset.probability = `${probability}`;
  item.style.setProperty('--share', `${probability}`);
  item.append(name, share);
  return item;
}
