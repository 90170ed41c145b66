/** The networks as data, and what they are called. */
import * as v from 'valibot';
import { UserError } from '../errors.js';
import { type Given, validated, whole } from '../schema.js';

/** What makes a network of the family: its kind of block, how many in each stage, their width, and its options. */
export const Setting = v.strictObject({
  /** Blocks of 1x1, 3x3, 1x1 that widen fourfold, instead of two 3x3. */
  bottleneck: v.boolean(),
  /** Blocks per stage; each stage after the first halves the image and doubles the width. */
  repeats: v.pipe(v.array(whole(1, 1000)), v.minLength(1), v.maxLength(6), v.readonly()),
  /** Channels of the first stage. */
  width: v.optional(whole(1, 4096), 64),
  /** Of a bottleneck's 3x3, each of which sees its own channels alone: Xie et al. 2016, section 3.3, https://arxiv.org/abs/1611.05431 */
  groups: v.optional(whole(1, 4096), 1),
  /**
   * Channels of each group where a stage is 64 wide, in proportion elsewhere: 4 of 32 groups in ResNeXt's 32x4d; 128 of one in a ResNet
   * that is twice as wide inside (Zagoruyko & Komodakis 2016, https://arxiv.org/abs/1605.07146).
   */
  widthPerGroup: v.optional(whole(1, 4096), 64),
  /**
   * `plain`: a convolution of 7x7; `deep`: three of 3x3, the first two half as wide (ResNet-C of He et al. 2018, section 4.2,
   * https://arxiv.org/abs/1812.01187); `deep-tiered`: the first of them at 3/8. Behind each stands the max pool.
   */
  stem: v.optional(v.picklist(['plain', 'deep', 'deep-tiered']), 'plain'),
  /** How shortcuts halve images: every other pixel (`stride`), or the mean of four (`average`, ResNet-D of the same section). */
  downsample: v.optional(v.picklist(['stride', 'average']), 'stride'),
  /** `se`: branches weigh their channels by what they see of the whole image: Hu et al. 2017, https://arxiv.org/abs/1709.01507 */
  attention: v.optional(v.picklist(['none', 'se']), 'none'),
  /** How many times fewer channels attention thinks in; of the result, multiples of 8 are taken, as timm does. */
  reduction: v.optional(whole(1, 4096), 16),
  /** Norm and ReLU before each convolution instead of behind it: He et al. 2016, figure 4 (e), https://arxiv.org/abs/1603.05027 */
  preactivation: v.optional(v.boolean(), false),
});
/** What makes a network of the family: its kind of block, how many in each stage, their width, and its options. */
export type Setting = v.InferOutput<typeof Setting>;
/** A setting as people write it: all but blocks and repeats may be left out. */
export type GivenSetting = Given<typeof Setting>;

const fifty = { bottleneck: true, repeats: [3, 4, 6, 3], width: 64 } as const;
const hundredAndOne = { bottleneck: true, repeats: [3, 4, 23, 3], width: 64 } as const;

/**
 * Deep Residual Learning for Image Recognition, table 1 and (CIFAR) section 4.2: https://arxiv.org/abs/1512.03385; and those that
 * were made of them, as torchvision 0.14 and timm 1.0 have them.
 */
export const settings = {
  RESNET18: { bottleneck: false, repeats: [2, 2, 2, 2], width: 64 },
  RESNET34: { bottleneck: false, repeats: [3, 4, 6, 3], width: 64 },
  RESNET50: fifty,
  RESNET101: hundredAndOne,
  RESNET152: { bottleneck: true, repeats: [3, 8, 36, 3], width: 64 },
  RESNEXT50_32X4D: { ...fifty, groups: 32, widthPerGroup: 4 },
  RESNEXT101_32X8D: { ...hundredAndOne, groups: 32, widthPerGroup: 8 },
  RESNEXT101_64X4D: { ...hundredAndOne, groups: 64, widthPerGroup: 4 },
  WIDE_RESNET50_2: { ...fifty, widthPerGroup: 128 },
  WIDE_RESNET101_2: { ...hundredAndOne, widthPerGroup: 128 },
  RESNET50D: { ...fifty, stem: 'deep', downsample: 'average' },
  SERESNET50: { ...fifty, attention: 'se' },
  RESNETV2_50: { ...fifty, preactivation: true },
  CIFAR_RESNET20: { bottleneck: false, repeats: [3, 3, 3], width: 16 },
  CIFAR_RESNET32: { bottleneck: false, repeats: [5, 5, 5], width: 16 },
  CIFAR_RESNET44: { bottleneck: false, repeats: [7, 7, 7], width: 16 },
  CIFAR_RESNET56: { bottleneck: false, repeats: [9, 9, 9], width: 16 },
  CIFAR_RESNET110: { bottleneck: false, repeats: [18, 18, 18], width: 16 },
} as const satisfies Record<string, GivenSetting>;
/** The name of a published setting. */
export type SettingName = keyof typeof settings;

const canonical = (name: string) => name.toUpperCase().replaceAll('-', '_');
export const isSettingName = (name: string): name is SettingName => Object.hasOwn(settings, canonical(name));

/**
 * `'RESNET50'`, `'resnet50'`, `'cifar-resnet20'`, or a setting itself.
 * @throws UserError for unknown names, and for options that do not go together
 */
export function settingOf(given: string | GivenSetting): Setting {
  if (typeof given !== 'string')
    return coherent(validated(Setting, given, 'a network setting { bottleneck, repeats }'));
  if (isSettingName(given)) return v.parse(Setting, settings[canonical(given) as SettingName]);
  throw new UserError(
    `no network is called '${given}'; known are ${settingNames.join(', ')}, or give { bottleneck, repeats }`,
  );
}

function coherent(setting: Setting): Setting {
  const { bottleneck, width, groups, widthPerGroup } = setting;
  if (!bottleneck && (groups !== 1 || widthPerGroup !== 64))
    throw new UserError(
      `expected groups 1 and widthPerGroup 64 of blocks of two 3x3, got ${groups} and ${widthPerGroup}; set bottleneck to true`,
    );
  if (innerWidth(setting, width) < 1)
    throw new UserError(
      `expected groups of a channel at least, got ${widthPerGroup} / 64 of ${width}; raise widthPerGroup or width`,
    );
  return setting;
}

/** Channels inside of a bottleneck in a stage of so many: torchvision rounds down in each group. */
export const innerWidth = ({ groups, widthPerGroup }: Setting, width: number): number =>
  Math.floor((width * widthPerGroup) / 64) * groups;

const commandName = (name: string) => name.toLowerCase().replaceAll('_', '-');
/** As on the command line, `cifar-resnet20`. */
export const settingNames: readonly string[] = Object.keys(settings).map(commandName);

/** Whether two settings are the same, whatever of them is said and what left out. */
export const isSameSetting = (one: GivenSetting, other: GivenSetting): boolean =>
  JSON.stringify(v.parse(Setting, one)) === JSON.stringify(v.parse(Setting, other));

/** How a setting is called on the command line and before people: `cifar-resnet20`; custom ones by their blocks and options. */
export function describeSetting(given: GivenSetting): string {
  const setting = v.parse(Setting, given);
  const known = Object.entries(settings).find(([, other]) => isSameSetting(other, setting));
  if (known) return commandName(known[0]);
  const { bottleneck, repeats, groups, widthPerGroup, stem, downsample, attention, preactivation } = setting;
  return [
    `${bottleneck ? 'bottleneck' : 'basic'}-resnet${preactivation ? 'v2' : ''}`,
    ...repeats,
    ...(groups > 1 || widthPerGroup !== 64 ? [`${groups}x${widthPerGroup}d`] : []),
    ...(stem === 'plain' ? [] : [stem]),
    ...(downsample === 'average' ? ['average'] : []),
    ...(attention === 'none' ? [] : [attention]),
  ].join('-');
}
