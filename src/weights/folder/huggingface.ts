/**
 * What a folder of Hugging Face's transformers says: config.json of the network and its labels, preprocessor_config.json of the images.
 * https://github.com/huggingface/transformers/blob/v4.44.0/src/transformers/models/resnet/configuration_resnet.py
 */
import * as v from 'valibot';
import { UserError } from '../../errors.js';
import type { Setting } from '../../models/index.js';
import { whole, within } from '../../schema.js';
import type { Description } from '../description.js';
import type { Preprocessing } from '../model.js';

const sizes = v.pipe(v.array(whole(1, 1_000_000)), v.minLength(1), v.maxLength(64));

/** Values that are left out are the defaults: transformers writes what differs from them. */
export const Config = v.object({
  model_type: v.literal('resnet'),
  num_channels: v.optional(whole(1, 4096), 3),
  embedding_size: v.optional(whole(1, 1_000_000), 64),
  hidden_sizes: v.optional(sizes, [256, 512, 1024, 2048]),
  depths: v.optional(sizes, [3, 4, 6, 3]),
  layer_type: v.optional(v.picklist(['basic', 'bottleneck']), 'bottleneck'),
  hidden_act: v.optional(v.string(), 'relu'),
  downsample_in_first_stage: v.optional(v.boolean(), false),
  downsample_in_bottleneck: v.optional(v.boolean(), false),
  id2label: v.optional(v.nullable(v.record(v.string(), v.string()))),
});
type Config = v.InferOutput<typeof Config>;

/** What config.json says. @throws UserError for networks that are none of this project's */
export function describeConfig(config: Config, by: string): Description {
  const refuse = (reason: string) =>
    new UserError(`${by} describes a network that there is not here: ${reason}. Give another one with --net.`);
  const { layer_type, hidden_act, hidden_sizes, embedding_size: width, depths, downsample_in_first_stage } = config;
  if (hidden_act !== 'relu') throw refuse(`hidden_act is ${hidden_act.slice(0, 40)}; known is relu`);
  if (downsample_in_first_stage) throw refuse('its first stage strides (downsample_in_first_stage)');
  const bottleneck = layer_type === 'bottleneck';
  const expected = depths.map((_, i) => width * 2 ** i * (bottleneck ? 4 : 1));
  if (`${hidden_sizes}` !== `${expected}`)
    throw refuse(`hidden_sizes are ${hidden_sizes}; ${depths.length} stages behind ${width} channels have ${expected}`);
  const setting: Setting = { bottleneck, repeats: depths, width };
  const classes = config.id2label && labelsOf(config.id2label, by);
  return {
    by,
    network: {
      setting,
      options: {
        variant: 'imagenet',
        shortcut: 'B',
        norm: 'batch',
        channels: config.num_channels,
        stride: config.downsample_in_bottleneck ? 'first' : 'middle',
        ...(classes && { classes: classes.length }),
      },
    },
    ...(classes && { classes }),
  };
}

/** Names by number: each from 0 on, once. */
function labelsOf(id2label: Readonly<Record<string, string>>, by: string): readonly string[] {
  const count = Object.keys(id2label).length;
  return Array.from({ length: count }, (_, i) => {
    const name = Object.hasOwn(id2label, `${i}`) ? id2label[`${i}`] : undefined;
    if (name === undefined) throw new UserError(`${by}: id2label has ${count} names, but none for ${i}`);
    return name;
  });
}

const side = whole(1, 16_384);
/** A number, a shorter side, or height and width. */
const Size = v.union([side, v.object({ shortest_edge: side }), v.object({ height: side, width: side })]);
type Size = v.InferOutput<typeof Size>;
const statistics = v.union([
  v.pipe(v.array(within({})), v.minLength(1), v.maxLength(4096)),
  v.pipe(
    within({}),
    v.transform((value) => [value]),
  ),
]);

/** https://github.com/huggingface/transformers/blob/v4.44.0/src/transformers/models/convnext/image_processing_convnext.py and clip, vit beside it */
export const Preprocessor = v.object({
  do_resize: v.optional(v.nullable(v.boolean()), true),
  size: v.optional(v.nullable(Size)),
  crop_pct: v.optional(v.nullable(within({ above: 0, most: 1 }))),
  do_center_crop: v.optional(v.nullable(v.boolean())),
  crop_size: v.optional(v.nullable(Size)),
  resample: v.optional(v.nullable(whole(0, 5)), 2),
  do_rescale: v.optional(v.nullable(v.boolean()), true),
  rescale_factor: v.optional(v.nullable(within({ above: 0 })), 1 / 255),
  do_normalize: v.optional(v.nullable(v.boolean()), true),
  image_mean: v.optional(v.nullable(statistics)),
  image_std: v.optional(v.nullable(statistics)),
});
type Preprocessor = v.InferOutput<typeof Preprocessor>;

/** Pillow's numbers of its filters. */
export const RESAMPLE = { nearest: 0, bilinear: 2, bicubic: 3 } as const;
const OTHERS: Readonly<Record<number, string>> = { 1: 'Lanczos', 4: 'box', 5: 'Hamming' };

/** Sides below this are cropped out of a larger image, others are not. */
export const CROPPED_BELOW = 384;
const USUAL_CROP = 224 / 256;

/** What preprocessor_config.json says; `interpolation` is left out where it is none of ours, and said in the second part. */
export function describePreprocessor(given: Preprocessor): {
  readonly preprocessing: NonNullable<Description['preprocessing']>;
  readonly unknown?: string;
} {
  const interpolation = (Object.keys(RESAMPLE) as (keyof typeof RESAMPLE)[]).find(
    (name) => RESAMPLE[name] === (given.resample ?? 2),
  );
  const unknown = interpolation ? undefined : OTHERS[given.resample ?? 2]!;
  return {
    preprocessing: { ...sizeOf(given), ...statisticsOf(given), ...(interpolation && { interpolation }) },
    ...(unknown !== undefined && { unknown }),
  };
}

type Pair = readonly [height: number, width: number];
const pairOf = (size: Size): Pair =>
  typeof size === 'number'
    ? [size, size]
    : 'shortest_edge' in size
      ? [size.shortest_edge, size.shortest_edge]
      : [size.height, size.width];

function sizeOf({ size, crop_size, do_center_crop, crop_pct }: Preprocessor): Partial<Preprocessing> {
  if (!size) return {};
  const edges = pairOf(size);
  if (crop_size && do_center_crop !== false) {
    const cropped = pairOf(crop_size);
    // the exact share stands beside it in what is exported here
    const ratio = crop_pct ?? Math.min(1, Math.min(...cropped) / Math.min(...edges));
    return { size: cropped, cropRatio: ratio };
  }
  const byShare = crop_pct !== undefined && crop_pct !== null;
  return { size: edges, cropRatio: byShare && edges[0] < CROPPED_BELOW ? (crop_pct ?? USUAL_CROP) : 1 };
}

/** (f x - mean) / std of bytes x, as mean and deviation of values from 0 to 1. */
function statisticsOf(given: Preprocessor): Partial<Preprocessing> {
  const factor = given.do_rescale === false ? 1 : (given.rescale_factor ?? 1 / 255);
  const scale = Math.abs(factor * 255 - 1) < 1e-9 ? 1 : factor * 255;
  if (given.do_normalize === false) return scale === 1 ? { mean: [0], std: [1] } : { mean: [0], std: [1 / scale] };
  const { image_mean: mean, image_std: std } = given;
  return {
    ...(mean && { mean: mean.map((value) => value / scale) }),
    ...(std && { std: std.map((value) => value / scale) }),
  };
}
