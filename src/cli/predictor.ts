/** Opening a model for the commands that ask it about images. */
import type { Predictor } from '../inference/index.js';
import type { Model } from '../weights/index.js';
import { computeSettings } from './device.js';
import { counted } from './figures.js';
import type { Terminal } from './terminal.js';

interface Asking {
  /** Its file or run folder, or what was read of it. */
  readonly model: string | Model;
  readonly compute: Parameters<typeof computeSettings>[0];
  /** Whether it is asked but one question; false by default. */
  readonly once?: boolean;
  readonly terminal: Terminal;
}

/** Opens the model, hands it to `ask`, tells of images that could not be read, and closes it whatever happens. */
export async function withPredictor<T>(
  { model, compute, once = false, terminal }: Asking,
  ask: (predictor: Predictor) => Promise<T>,
): Promise<T> {
  const { load, Predictor } = await import('../inference/index.js');
  const settings = { ...(await computeSettings(compute)), once };
  const predictor =
    typeof model === 'string' ? await load(model, settings) : Predictor.open(model, { moveWeights: true, ...settings });
  try {
    const result = await ask(predictor);
    for (const { file, reason } of predictor.skipped) terminal.warn(`skipped ${file}: ${reason}`);
    if (predictor.skipped.length > 1) terminal.warn(`${counted(predictor.skipped.length, 'image')} skipped`);
    return result;
  } finally {
    await predictor.close();
  }
}
