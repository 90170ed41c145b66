/** Convolution: the plain operator, but where the filter outweighs the images. */
import { add, type ConvAttributes, fixedShape, one, reshape, type Value } from '../../graph/index.js';
import { convByColumns, filterOutweighsImages } from './columns.js';

export function convolution(inputs: readonly Value[], attributes: ConvAttributes): readonly Value[] {
  const [x, w, bias] = inputs as [Value, Value, Value | undefined];
  const plain = one('Conv', inputs, attributes);
  const geometry = { ...attributes, image: x.shape, features: plain.shape, kernel_shape: fixedShape(w.shape.slice(2)) };
  // engines have an 8-bit form of the operator itself
  const isQuantised = w.source.kind === 'node' && w.source.node.op === 'DequantizeLinear';
  if (isQuantised || !filterOutweighsImages(geometry)) return [plain];
  const y = convByColumns(x, w, geometry);
  return [bias ? add(y, reshape(bias, [-1, 1, 1])) : y];
}
