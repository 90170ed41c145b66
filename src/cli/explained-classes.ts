/** Why a classifier says what it says, for `explain`. */
import type { Model } from '../weights/index.js';
import { type Drawn, gathered, pictureOf, type Task, tableLines } from './explained.js';
import { percent } from './figures.js';
import { pairGrid } from './pair-grid.js';

/** Small images are enlarged to about this, so that maps over them have room to be smooth. */
const SIDE = 224;

export async function gradCam({ model, compute, images, choices }: Task): Promise<Drawn> {
  const { Explainer } = await import('../inference/explainer.js');
  const { drawClassMap, zoomed } = await import('../inference/overlay.js');
  const explainer = Explainer.open(model, compute);
  try {
    const answers = await gathered(explainer.gradCam(images, choices), choices.limit);
    const pairs = answers.map(({ seen, value }) => {
      const original = zoomed(pictureOf(model, seen), zoomFor(model));
      return { original, made: drawClassMap(original, value) };
    });
    const found = answers.map(({ image, value: { label, probability, map } }) => {
      const silent = map.data.every((value) => value === 0);
      return { image, class: label, probability, ...(silent && { silent }) };
    });
    const rows = found.map((one) => [
      one.image,
      one.class,
      percent(one.probability),
      one.silent ? 'nothing speaks for it' : '',
    ]);
    return {
      picture: pairGrid(pairs),
      lines: tableLines([['image', 'class', 'probability', ''], ...rows]),
      json: { images: found },
      skipped: explainer.skipped,
    };
  } finally {
    await explainer.close();
  }
}

export async function integratedGradients({ model, compute, images, choices }: Task): Promise<Drawn> {
  const { Explainer } = await import('../inference/explainer.js');
  const { drawAttributions, zoomed } = await import('../inference/overlay.js');
  const explainer = Explainer.open(model, compute);
  try {
    const answers = await gathered(explainer.integratedGradients(images, choices), choices.limit);
    const pairs = answers.map(({ seen, value }) => {
      const original = zoomed(pictureOf(model, seen), zoomFor(model));
      return { original, made: drawAttributions(original, value) };
    });
    const found = answers.map(({ image, value }) => ({
      image,
      class: value.label,
      probability: value.probability,
      sum: value.attributions.data.reduce((sum, one) => sum + one, 0),
      difference: value.logit - value.blackLogit,
    }));
    const rows = found.map((one) => [
      one.image,
      one.class,
      percent(one.probability),
      one.sum.toFixed(3),
      one.difference.toFixed(3),
    ]);
    return {
      picture: pairGrid(pairs),
      lines: tableLines([['image', 'class', 'probability', 'sum of pixels', 'logit beside black'], ...rows]),
      json: { images: found },
      skipped: explainer.skipped,
    };
  } finally {
    await explainer.close();
  }
}

const zoomFor = ({ card: { preprocessing } }: Model): number =>
  Math.max(1, Math.round(SIDE / Math.max(...preprocessing.size)));
