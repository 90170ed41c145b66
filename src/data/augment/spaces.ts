/** What a policy may draw: each operation's magnitudes, in 31 bins. */
import type { Size } from '../pixels.js';
import type { OperationName } from './operations.js';

export const BINS = 31;

interface Magnitudes {
  /** Of bin 0 to 30. */
  readonly of: (bin: number) => number;
  /** Whether the sign is drawn too. */
  readonly signed: boolean;
}

export type Space = { readonly [O in OperationName]?: Magnitudes };

/** torch.linspace: single precision, each half counted from its end. */
const linear = (from: number, to: number): Magnitudes['of'] => {
  const step = Math.fround(Math.fround(to - from) / (BINS - 1));
  return (bin) =>
    Math.fround(bin < BINS >> 1 ? from + Math.fround(step * bin) : to - Math.fround(step * (BINS - 1 - bin)));
};

const upTo = (most: number): Magnitudes => ({ of: linear(0, Math.fround(most)), signed: true });
const down = (from: number): Magnitudes => ({ of: linear(from, 0), signed: false });
/** Fewer and fewer of 8 bits. */
const bits = (least: number): Magnitudes => ({
  of: (bin) => 8 - Math.round((bin * (8 - least)) / (BINS - 1)),
  signed: false,
});
const fixed: Magnitudes = { of: () => 0, signed: false };

/** torchvision's `_augmentation_space` of RandAugment and TrivialAugmentWide (transforms/autoaugment.py), by image size. */
export const spaces = {
  randaugment: ({ height, width }) => ({
    Identity: fixed,
    ShearX: upTo(0.3),
    ShearY: upTo(0.3),
    TranslateX: upTo((150 / 331) * width),
    TranslateY: upTo((150 / 331) * height),
    Rotate: upTo(30),
    Brightness: upTo(0.9),
    Color: upTo(0.9),
    Contrast: upTo(0.9),
    Sharpness: upTo(0.9),
    Posterize: bits(4),
    Solarize: down(255),
    AutoContrast: fixed,
    Equalize: fixed,
  }),
  trivialaugment: () => ({
    Identity: fixed,
    ShearX: upTo(0.99),
    ShearY: upTo(0.99),
    TranslateX: upTo(32),
    TranslateY: upTo(32),
    Rotate: upTo(135),
    Brightness: upTo(0.99),
    Color: upTo(0.99),
    Contrast: upTo(0.99),
    Sharpness: upTo(0.99),
    Posterize: bits(2),
    Solarize: down(255),
    AutoContrast: fixed,
    Equalize: fixed,
  }),
} as const satisfies Readonly<Record<string, (size: Size) => Space>>;
