/**
 * What a folder of timm's says in its config.json.
 * https://github.com/huggingface/pytorch-image-models/blob/v1.0.9/timm/models/_hub.py (save_config_for_hf)
 */
import * as v from 'valibot';
import { UserError } from '../../errors.js';
import { type Setting, settings } from '../../models/index.js';
import { whole, within } from '../../schema.js';
import type { Description } from '../description.js';
import type { Preprocessing } from '../model.js';

const side = whole(1, 16_384);
const numbers = v.pipe(v.array(within({})), v.minLength(1), v.maxLength(4096));
const labels = v.optional(v.nullable(v.array(v.string())));

const Pretrained = v.object({
  num_classes: v.optional(v.nullable(whole(0, 1_000_000))),
  label_names: labels,
  input_size: v.optional(v.nullable(v.tuple([whole(1, 4096), side, side]))),
  interpolation: v.optional(v.nullable(v.string())),
  crop_pct: v.optional(v.nullable(within({ above: 0, most: 1 }))),
  mean: v.optional(v.nullable(numbers)),
  std: v.optional(v.nullable(numbers)),
});

export const TimmConfig = v.object({
  architecture: v.string(),
  num_classes: v.optional(v.nullable(whole(0, 1_000_000))),
  label_names: labels,
  pretrained_cfg: v.optional(v.nullable(Pretrained)),
});
type TimmConfig = v.InferOutput<typeof TimmConfig>;

/** timm's name -> the network. https://github.com/huggingface/pytorch-image-models/blob/v1.0.9/timm/models/resnet.py */
export const ARCHITECTURES: Readonly<Record<string, Setting>> = {
  resnet18: settings.RESNET18,
  resnet26: { bottleneck: true, repeats: [2, 2, 2, 2], width: 64 },
  resnet34: settings.RESNET34,
  resnet50: settings.RESNET50,
  resnet101: settings.RESNET101,
  resnet152: settings.RESNET152,
  resnet200: { bottleneck: true, repeats: [3, 24, 36, 3], width: 64 },
};

const INTERPOLATIONS: readonly string[] = ['nearest', 'bilinear', 'bicubic'] satisfies Preprocessing['interpolation'][];
const isInterpolation = (name: string): name is Preprocessing['interpolation'] => INTERPOLATIONS.includes(name);

/** Of architectures that are not in the table, the weights say what they are. */
export function describeTimm(config: TimmConfig, by: string): { description: Description; unknown?: string } {
  const { architecture, pretrained_cfg: pretrained } = config;
  const outputs = config.num_classes ?? pretrained?.num_classes;
  if (outputs === 0) throw new UserError(`${by}: ${architecture.slice(0, 80)} has no classes, but features alone`);
  const names = config.label_names ?? pretrained?.label_names;
  if (names && outputs && names.length !== outputs)
    throw new UserError(`${by}: it has ${names.length} label_names, but num_classes is ${outputs}`);
  const [channels, height, width] = pretrained?.input_size ?? [];
  const setting = Object.hasOwn(ARCHITECTURES, architecture) ? ARCHITECTURES[architecture] : undefined;
  const { interpolation, crop_pct, mean, std } = pretrained ?? {};
  const unknown = interpolation && !isInterpolation(interpolation) ? interpolation.slice(0, 40) : undefined;
  const classes = outputs ? { classes: outputs } : {};
  return {
    description: {
      by,
      ...(setting && {
        network: {
          setting,
          options: { variant: 'imagenet', shortcut: 'B', norm: 'batch', ...(channels && { channels }), ...classes },
        },
      }),
      ...(outputs && { outputs }),
      ...(names && { classes: names }),
      preprocessing: {
        ...(height && width && { size: [height, width] as const }),
        ...(crop_pct && { cropRatio: crop_pct }),
        ...(interpolation && isInterpolation(interpolation) && { interpolation }),
        ...(mean && { mean }),
        ...(std && { std }),
      },
    },
    ...(unknown && { unknown }),
  };
}
