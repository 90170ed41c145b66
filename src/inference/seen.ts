/** Images as networks see them, and what comes out for each; nothing here needs Node. */
import { input, type Value } from '../graph/index.js';
import { normalise, unit } from '../nn/index.js';
import type { Tensor } from '../runtime/tensor.js';
import type { Model } from '../weights/model.js';

/** What a graph of images is about: it depends on no weights. */
export interface Asked {
  readonly network: Model['network'];
  readonly card: Pick<Model['card'], 'preprocessing'>;
}

/** Pixels uint8 [n, h, w, c], fed as `images`, as the network wants them: float32 [n, c, h, w], normalised. */
export function seenBy({ card: { preprocessing } }: Asked, batch: number | string): Value {
  const images = input('images', [batch, ...preprocessing.size, preprocessing.channels], 'uint8');
  return normalise(unit(images), preprocessing);
}

/** Sample `i` of a tensor [n, …]: a window on the whole. */
export function sampleOf<A extends Tensor['data']>(
  { data, shape }: { data: A; shape: readonly number[] },
  i: number,
): A {
  const length = data.length / shape[0]!;
  return data.subarray(i * length, (i + 1) * length) as A;
}
