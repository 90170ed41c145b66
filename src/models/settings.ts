/** The networks as data, and what they are called. */
import * as v from 'valibot';
import { UserError } from '../errors.js';
import { type Given, validated, whole } from '../schema.js';

export const Setting = v.strictObject({
  /** Blocks of 1x1, 3x3, 1x1 that widen fourfold, instead of two 3x3. */
  bottleneck: v.boolean(),
  /** Blocks per stage; each stage after the first halves the image and doubles the width. */
  repeats: v.pipe(v.array(whole(1, 1000)), v.minLength(1), v.maxLength(6), v.readonly()),
  /** Channels of the first stage. */
  width: v.optional(whole(1, 4096), 64),
});
export type Setting = v.InferOutput<typeof Setting>;
/** A setting as people write it: the width may be left out. */
export type GivenSetting = Given<typeof Setting>;

/** Deep Residual Learning for Image Recognition, table 1 and (CIFAR) section 4.2: https://arxiv.org/abs/1512.03385 */
export const settings = {
  RESNET18: { bottleneck: false, repeats: [2, 2, 2, 2], width: 64 },
  RESNET34: { bottleneck: false, repeats: [3, 4, 6, 3], width: 64 },
  RESNET50: { bottleneck: true, repeats: [3, 4, 6, 3], width: 64 },
  RESNET101: { bottleneck: true, repeats: [3, 4, 23, 3], width: 64 },
  RESNET152: { bottleneck: true, repeats: [3, 8, 36, 3], width: 64 },
  CIFAR_RESNET20: { bottleneck: false, repeats: [3, 3, 3], width: 16 },
  CIFAR_RESNET32: { bottleneck: false, repeats: [5, 5, 5], width: 16 },
  CIFAR_RESNET44: { bottleneck: false, repeats: [7, 7, 7], width: 16 },
  CIFAR_RESNET56: { bottleneck: false, repeats: [9, 9, 9], width: 16 },
  CIFAR_RESNET110: { bottleneck: false, repeats: [18, 18, 18], width: 16 },
} as const satisfies Record<string, Setting>;
export type SettingName = keyof typeof settings;

const canonical = (name: string) => name.toUpperCase().replaceAll('-', '_');
export const isSettingName = (name: string): name is SettingName => Object.hasOwn(settings, canonical(name));

/** `'RESNET50'`, `'resnet50'`, `'cifar-resnet20'`, or a setting itself. */
export function settingOf(given: string | GivenSetting): Setting {
  if (typeof given !== 'string') return validated(Setting, given, 'a network setting { bottleneck, repeats }');
  if (isSettingName(given)) return settings[canonical(given) as SettingName];
  throw new UserError(
    `no network is called '${given}'; known are ${Object.keys(settings).map(commandName).join(', ')}, or give { bottleneck, repeats }`,
  );
}

/** How a setting is called on the command line and before people: `cifar-resnet20`; custom ones by their blocks. */
export function describeSetting(setting: Setting): string {
  const known = Object.entries(settings).find(
    ([, s]) => JSON.stringify(s) === JSON.stringify(v.parse(Setting, setting)),
  );
  return known
    ? commandName(known[0])
    : `${setting.bottleneck ? 'bottleneck' : 'basic'}-resnet-${setting.repeats.join('-')}`;
}
const commandName = (name: string) => name.toLowerCase().replaceAll('_', '-');
