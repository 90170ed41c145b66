import type { Batch } from '../../data/task.js';
import { elements, type InputValue, input } from '../../graph/index.js';
import { random } from '../../random/index.js';
import { float32, type TensorOf } from '../../runtime/tensor.js';
import type { Preprocessing } from '../../weights/model.js';
import type { TrainConfig } from '../config.js';

/** Images as files hold them: uint8 [n, h, w, c], fed as `images`. */
export const imagesInput = (batch: number | string, { size, channels }: Preprocessing): InputValue =>
  input('images', [batch, ...size, channels], 'uint8');

/** Labels of a batch, one-hot [n, k]; rows without a label are zeros. */
export function oneHotLabels(
  { labels }: Batch,
  { batch, classes }: Pick<TrainConfig, 'batch' | 'classes'>,
): TensorOf<'float32'> {
  const oneHot = new Float32Array(batch * classes.length);
  labels.forEach((label, i) => {
    if (label >= 0) oneHot[i * classes.length + label] = 1;
  });
  return float32(oneHot, [batch, classes.length]);
}

/**
 * Standard normal noise from the stream of this name. It is drawn here and fed, since the engine's own operator keeps a generator that
 * cannot be set to a step, and ONNX has no integer arithmetic to hash in at opset 17.
 */
export function standardNormal(shape: readonly number[], ...stream: readonly (number | string)[]): TensorOf<'float32'> {
  const { normal } = random(...stream);
  return float32(
    Float32Array.from({ length: elements(shape) }, () => normal()),
    shape,
  );
}
