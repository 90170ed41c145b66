/** The images of a training, in parts. */
import { openData, type Splits } from '../data/dataset.js';
import { drawnDataset } from '../data/drawn/index.js';
import type { TrainConfig } from './config.js';
import type { TrainEvents } from './events.js';

/** `drawn`, or `drawn:20000` for so many training images: pictures that the program draws itself. */
export const DRAWN = /^drawn(?::(\d+))?$/;

/** The images behind `data`, split as the configuration says. */
export async function openSplits(
  data: string | Splits,
  {
    task,
    labelled,
    seed,
    validationFraction,
    onShard,
  }: Pick<TrainConfig, 'task' | 'seed' | 'validationFraction'> & {
    /** To generate: whether images must come with classes, or whatever folders they are in; by default what fits. */
    readonly labelled?: boolean | undefined;
  } & Pick<TrainEvents, 'onShard'>,
): Promise<Splits> {
  if (typeof data !== 'string') return data;
  const drawn = DRAWN.exec(data);
  if (!drawn) {
    const options = { seed, validationFraction, ...(onShard && { shards: { onShard } }) };
    if (task !== 'generate') return openData(data, { ...options, task });
    if (labelled !== undefined) return openData(data, { ...options, task: labelled ? 'classify' : 'reconstruct' });
    return openData(data, { ...options, task: 'classify' }).catch(async (error: Error) => {
      const { warnings, ...splits } = await openData(data, { ...options, task: 'reconstruct' });
      return { ...splits, warnings: [...warnings, `Images are taken without classes: ${error.message}`] };
    });
  }
  const train = Number(drawn[1] ?? 10_000);
  return drawnDataset({ train, validation: Math.max(1, Math.round(train * validationFraction)), seed });
}
