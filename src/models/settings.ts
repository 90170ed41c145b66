/** The networks as data, and what they are called. */
import { z } from 'zod';
import { UserError } from '../errors.js';

export const Setting = z.strictObject({
  /** Blocks of 1x1, 3x3, 1x1 that widen fourfold, instead of two 3x3. */
  bottleneck: z.boolean(),
  /** Blocks per stage; each stage after the first halves the image and doubles the width. */
  repeats: z.array(z.int().min(1).max(1000)).min(1).max(6).readonly(),
  /** Channels of the first stage. */
  width: z.int().min(1).max(4096).default(64),
});
export type Setting = z.infer<typeof Setting>;
/** A setting as people write it: the width may be left out. */
export type GivenSetting = z.input<typeof Setting>;

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
  const known = Object.entries(settings).find(([, s]) => JSON.stringify(s) === JSON.stringify(Setting.parse(setting)));
  return known
    ? commandName(known[0])
    : `${setting.bottleneck ? 'bottleneck' : 'basic'}-resnet-${setting.repeats.join('-')}`;
}
const commandName = (name: string) => name.toLowerCase().replaceAll('_', '-');

/** Parses by a schema; failures name what was expected and what came. */
export function validated<S extends z.ZodType>(schema: S, given: unknown, what: string): z.output<S> {
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  const known = schema instanceof z.ZodObject ? ` (known are ${Object.keys(schema.shape).join(', ')})` : '';
  const issues = error.issues.map((issue) => {
    const place = issue.path.length ? `${issue.path.join('.')}: ` : '';
    if (issue.code === 'unrecognized_keys') return `${place}${issue.message}${place ? '' : known}`;
    return `${place}${issue.message}, got ${excerpt(issue.path.reduce(memberOf, given))}`;
  });
  throw new UserError(`expected ${what}; ${issues.join('; ')}`);
}

const memberOf = (value: unknown, key: PropertyKey): unknown =>
  (value as Record<PropertyKey, unknown> | undefined)?.[key];

const EXCERPT = 80;
const excerpt = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text;
};
