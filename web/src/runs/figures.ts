/** What came of a run so far, in one figure each. */

import { count, decimal, duration } from '../format.js';
import type { Text } from '../language.js';
import { say } from '../language.js';
import type { EpochRecord } from './api.js';
import type { Known } from './follow.js';
import { figures, states, texts } from './texts.js';

export interface Figure {
  readonly name: (run: Known) => string;
  /** Undefined where it says nothing. */
  readonly value: (run: Known) => string | undefined;
}

const mean = (epochs: readonly EpochRecord[], field: 'seconds' | 'imagesPerSecond') =>
  epochs.reduce((sum, record) => sum + record[field], 0) / epochs.length;

/** By the mean time of an epoch, so from the end of the first. @returns seconds */
export function timeLeft({ about, steps, epochs }: Known): number | undefined {
  const last = epochs.at(-1);
  if (about?.state !== 'running' || !last || !about.planned) return undefined;
  const begun = ((steps.at(-1)?.step ?? last.step) - last.step) / (last.step / last.epoch);
  return Math.max(0, mean(epochs, 'seconds') * (about.planned - last.epoch - begun));
}

const named = (name: Text) => () => say(name);
const known = <T>(value: T | undefined, write: (value: T) => string) =>
  value === undefined ? undefined : write(value);

const best: Figure = {
  name: ({ about }) =>
    about?.best
      ? say(texts.best, { figure: say(figures[about.best.name] ?? { en: about.best.name, 'zh-CN': about.best.name }) })
      : say(texts.bestFigure),
  value: ({ about }) => about?.best?.text,
};
const epochs: Figure = {
  name: named(texts.epochs),
  value: ({ about, epochs: all }) => known(about?.planned, (planned) => `${count(all.length)} / ${count(planned)}`),
};
const speed: Figure = {
  name: named(texts.speed),
  value: ({ steps, epochs: all }) => known(steps.at(-1)?.imagesPerSecond ?? all.at(-1)?.imagesPerSecond, count),
};

/** Of a run by itself. */
export const tiles: readonly Figure[] = [
  epochs,
  {
    name: named(texts.loss),
    value: ({ steps, epochs: all }) => known(steps.at(-1)?.loss ?? all.at(-1)?.trainLoss, decimal),
  },
  best,
  speed,
  {
    name: named(texts.rate),
    value: ({ steps, epochs: all }) => known((steps.at(-1) ?? all.at(-1))?.learningRate, decimal),
  },
  { name: named(texts.left), value: (run) => known(timeLeft(run), duration) },
];

/** Of runs side by side. */
export const compared: readonly Figure[] = [
  { name: named(texts.state), value: ({ about }) => known(about?.state, (state) => say(states[state])) },
  { name: named(texts.network), value: ({ about }) => about?.network },
  { name: named(texts.data), value: ({ about }) => about?.data },
  epochs,
  {
    name: named(texts.bestFigure),
    value: ({ about }) =>
      known(about?.best, ({ text, epoch }) => `${text} ${say(texts.afterEpoch, { epoch: count(epoch) })}`),
  },
  {
    name: named(texts.leastLoss),
    value: ({ epochs: all }) => {
      const losses = all.map(({ validationLoss }) => validationLoss).filter(Number.isFinite);
      return losses.length > 0 ? decimal(Math.min(...losses)) : undefined;
    },
  },
  speed,
  {
    name: named(texts.time),
    value: ({ epochs: all }) => (all.length > 0 ? duration(mean(all, 'seconds') * all.length) : undefined),
  },
];
