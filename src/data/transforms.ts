import type { Random } from '../random/index.js';
import type { Jitter } from './augment/jitter.js';
import type { Policy } from './augment/policy.js';
import { type Decoded, type Pixels, REDUCTIONS, type Reduction, type Size, withChannels } from './pixels.js';
import { type Box, type Interpolation, looksAt, resample } from './resample.js';

/** What an image goes through before a network sees it. Values stay 0 to 255: normalising is the network's first step. */
export interface Preprocessing {
  readonly size: readonly [h: number, w: number];
  readonly channels: 1 | 3;
  /** Share of the shorter side that the centre crop keeps: 0.875 is 224 of 256; 1 crops only what the aspect demands. */
  readonly cropRatio: number;
  readonly interpolation: Interpolation;
  /** Mean of each channel, 0 to 1, default 0.5: what is put where an image is erased. */
  readonly mean?: readonly number[];
}

/** What chance does to training images; every part is optional but the flip. */
export interface Augmentation {
  /**
   * Crops a random part of this share of the area: "Going Deeper with Convolutions", https://arxiv.org/abs/1409.4842,
   * section 6. Usual for photographs: [0.08, 1].
   */
  readonly scale?: readonly [least: number, most: number];
  /** Aspect of that part relative to the target's, default [3/4, 4/3]. */
  readonly ratio?: readonly [least: number, most: number];
  /**
   * Or: moves the image by up to this many pixels each way, zeros moving in; "Deep Residual Learning",
   * https://arxiv.org/abs/1512.03385, section 4.2. Usual for CIFAR: 4.
   */
  readonly padding?: number;
  /** Probability of a horizontal flip. */
  readonly flip: number;
  /** Probability of a vertical flip, default 0. */
  readonly flipVertical?: number;
  /** Draws operations for each image. */
  readonly policy?: Policy;
  readonly jitter?: Jitter;
  /** Probability that a part, 0.02 to 0.33 of the area, is replaced by the mean colour, default 0. */
  readonly erase?: number;
  /**
   * How often an image stands in an epoch's order, default 1, each time with other chance; the epoch stays as long, so it
   * shows fewer images: "Augment your batch", https://arxiv.org/abs/1901.09335, section 3.
   */
  readonly repeats?: number;
}

/** One way to look at one image: part of it, moved and mirrored. */
export interface View {
  /** In pixels of the whole image. */
  readonly box: Box;
  /** Whether it is cut out before it is resized, as a random part is; else filters reach over its edges. */
  readonly cut: boolean;
  /** Pixels of the result by which it is moved down and right. */
  readonly shift: readonly [down: number, right: number];
  readonly mirrored: boolean;
}

/** The part of `full` in the middle that has the target's aspect and `cropRatio` of the shorter side. */
function centreBox({ height, width }: Size, { size: [rows, columns], cropRatio }: Preprocessing): Box {
  const scale = Math.min(height / rows, width / columns) * cropRatio;
  const [boxHeight, boxWidth] = [rows * scale, columns * scale];
  return { top: (height - boxHeight) / 2, left: (width - boxWidth) / 2, height: boxHeight, width: boxWidth };
}

/** How often a random part is drawn before giving up on images of an extreme aspect: torchvision's RandomResizedCrop. */
const ATTEMPTS = 10;

/**
 * A random part: area share uniform in `scale`, aspect log-uniform in `ratio`, position uniform, in whole pixels. Where none was found, the
 * largest in the middle that has one of these aspects.
 */
function randomBox(
  { height, width }: Size,
  { size: [rows, columns] }: Preprocessing,
  { scale: [least, most], ratio }: { scale: readonly [number, number]; ratio: readonly [number, number] },
  { uniform, integer }: Random,
): Box {
  const [narrow, wide] = ratio.map((aspect) => (aspect * columns) / rows) as [number, number];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = height * width * (least + (most - least) * uniform());
    const aspect = narrow * (wide / narrow) ** uniform();
    const [boxHeight, boxWidth] = [Math.round(Math.sqrt(area / aspect)), Math.round(Math.sqrt(area * aspect))];
    if (boxHeight < 1 || boxWidth < 1 || boxHeight > height || boxWidth > width) continue;
    return {
      top: integer(height - boxHeight + 1),
      left: integer(width - boxWidth + 1),
      height: boxHeight,
      width: boxWidth,
    };
  }
  const boxHeight = Math.max(1, Math.min(height, Math.round(width / narrow)));
  const boxWidth = Math.max(1, Math.min(width, Math.round(height * wide)));
  const [top, left] = [Math.floor((height - boxHeight) / 2), Math.floor((width - boxWidth) / 2)];
  return { top, left, height: boxHeight, width: boxWidth };
}

/** The view that evaluation takes: the centre. */
export const evaluationView = (full: Size, preprocessing: Preprocessing): View => ({
  box: centreBox(full, preprocessing),
  cut: false,
  shift: [0, 0],
  mirrored: false,
});

/** A view drawn from `random`. With neither `scale` nor `padding` it is evaluation's, perhaps mirrored. */
export function trainingView(
  full: Size,
  preprocessing: Preprocessing,
  { augmentation, random }: { augmentation: Augmentation; random: Random },
): View {
  const { scale, ratio = [3 / 4, 4 / 3], padding = 0, flip } = augmentation;
  const box = scale ? randomBox(full, preprocessing, { scale, ratio }, random) : centreBox(full, preprocessing);
  const move = () => random.integer(2 * padding + 1) - padding;
  return {
    box,
    cut: scale !== undefined,
    shift: padding > 0 ? [move(), move()] : [0, 0],
    mirrored: random.uniform() < flip,
  };
}

/** How much smaller an image may be decoded when `box` of it is to be shown: two pixels remain for each one shown. */
export function reductionFor({ height, width }: Box, [rows, columns]: Preprocessing['size']): Reduction {
  const spare = Math.min(height / rows, width / columns) / 2;
  return REDUCTIONS.findLast((reduction) => reduction <= spare) ?? 1;
}

/** `box` of the whole image, in pixels of an image decoded smaller. */
const scaled = ({ top, left, height, width }: Box, vertical: number, horizontal: number): Box => ({
  top: top * vertical,
  left: left * horizontal,
  height: height * vertical,
  width: width * horizontal,
});

/** Where a view lies in an image decoded to the size of `whole`, and whether its pixels are those of the result. */
function placed({ box }: View, { full, whole, size }: { full: Size; whole: Size; size: Preprocessing['size'] }) {
  const part = scaled(box, whole.height / full.height, whole.width / full.width);
  const exact =
    size[0] === part.height && size[1] === part.width && Number.isInteger(part.top) && Number.isInteger(part.left);
  return { part, exact };
}

/** How an image is decoded of which nothing is shown but one view. */
export interface Decoding {
  readonly channels: 1 | 3;
  /** How much smaller it may be decoded, by its size. */
  readonly reduction: (full: Size) => Reduction;
  /** The pixels that `render` needs of an image decoded to the size of `whole`. */
  readonly part: (full: Size, whole: Size) => Box;
}

/** @param viewOf the view of an image of this size */
export const decodingFor = (
  viewOf: (full: Size) => View,
  { size, channels, interpolation }: Preprocessing,
): Decoding => ({
  channels,
  reduction: (full) => reductionFor(viewOf(full).box, size),
  part(full, whole) {
    const view = viewOf(full);
    const { part, exact } = placed(view, { full, whole, size });
    return exact ? part : looksAt(whole, { box: part, cut: view.cut, size, interpolation });
  },
});

/**
 * Writes a view of an image into `into`, [h, w, c] of the preprocessing's size, which must hold zeros.
 * `image` may be decoded smaller than `full`, the size that the view's box refers to, and be no more of it than `decodingFor` says.
 */
export function render(
  image: Pixels & Partial<Pick<Decoded, 'full' | 'within'>>,
  { view, preprocessing }: { view: View; preprocessing: Preprocessing },
  into: Uint8Array,
): void {
  const { size, channels, interpolation } = preprocessing;
  const { cut, shift, mirrored } = view;
  const { within = { height: image.height, width: image.width, top: 0, left: 0 }, full = within } = image;
  const { part, exact } = placed(view, { full, whole: within, size });
  const shown = exact ? image : { data: resample(image, { box: part, cut, size, interpolation }), width: size[1] };
  const corner = exact ? { top: part.top - within.top, left: part.left - within.left } : { top: 0, left: 0 };
  const from = { data: withChannels(shown.data, image.channels, channels), width: shown.width, ...corner };
  move(from, { size, channels, shift, mirrored }, into);
}

/** Copies [h, w] pixels from a corner of `from`, moved (what leaves is lost) and then mirrored. */
function move(
  from: { data: Uint8Array; width: number; top: number; left: number },
  {
    size: [rows, columns],
    channels,
    shift: [down, right],
    mirrored,
  }: Pick<View, 'shift' | 'mirrored'> & Pick<Preprocessing, 'size' | 'channels'>,
  into: Uint8Array,
): void {
  const [firstColumn, endColumn] = [Math.max(0, right), Math.min(columns, columns + right)];
  for (let row = Math.max(0, down); row < Math.min(rows, rows + down); row++) {
    const start = (from.top + row - down) * from.width + from.left - right;
    const line = from.data.subarray((start + firstColumn) * channels, (start + endColumn) * channels);
    if (!mirrored) into.set(line, (row * columns + firstColumn) * channels);
    else
      for (let column = 0; column < endColumn - firstColumn; column++)
        for (let channel = 0; channel < channels; channel++)
          into[(row * columns + columns - 1 - firstColumn - column) * channels + channel] = line[
            column * channels + channel
          ] as number;
  }
}
