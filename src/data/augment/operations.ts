/** What can be done to an image, by the names that torchvision gives it. */
import type { Pixels } from '../pixels.js';
import { rotate, shearX, shearY, translateX, translateY } from './affine.js';
import { saturation, sharpness } from './blend.js';
import { autocontrast, brightness, contrast, equalize, invert, posterize, solarize } from './lookup.js';

/** Changes an image in place. What a magnitude means is the operation's own: a slope, pixels, degrees, bits, a threshold. */
type Operation = (image: Pixels, magnitude: number) => void;

/** The factor that leaves an image as it is has magnitude 0. */
const around =
  (adjust: Operation): Operation =>
  (image, magnitude) =>
    adjust(image, 1 + magnitude);

/**
 * Same pixels as torchvision's `_apply_op` (transforms/autoaugment.py) for an image in memory, interpolation nearest and no
 * fill, which is black. Gray images have one channel.
 */
export const operations = {
  Identity: () => {},
  ShearX: shearX,
  ShearY: shearY,
  TranslateX: translateX,
  TranslateY: translateY,
  Rotate: rotate,
  Brightness: around(brightness),
  Color: around(saturation),
  Contrast: around(contrast),
  Sharpness: around(sharpness),
  Posterize: posterize,
  Solarize: solarize,
  AutoContrast: autocontrast,
  Equalize: equalize,
  Invert: invert,
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof operations;
