/** Options of a setting, seen from weights. */
import { squeezedWidth } from '../../models/block.js';
import { type Setting, settingOf } from '../../models/index.js';
import { stemWidths } from '../../models/rows.js';
import type { Shapes } from './recognise.js';

/** The kind of a stem of three convolutions by their channels; nothing where there is none of these. */
export const deepStem = (widths: readonly number[]): Setting['stem'] | undefined =>
  (['deep', 'deep-tiered'] as const).find((stem) => {
    const setting = settingOf({ bottleneck: true, repeats: [1], width: widths.at(-1)!, stem });
    return `${stemWidths(setting)}` === `${widths}`;
  });

type BlockOptions = Pick<
  Setting,
  'groups' | 'widthPerGroup' | 'downsample' | 'attention' | 'reduction' | 'preactivation'
>;

/** What blocks are made of. @param plain the setting without these options */
export function blockOptions(shapes: Shapes, plain: Setting): BlockOptions {
  const preactivation = shapes.has('bn.weight');
  // a mean before a projection has no weights: it shows in the name of what follows; where it does not, timm goes by the stem
  const averages = preactivation
    ? plain.stem !== 'plain'
    : [...shapes].some(([name, { length }]) => /\.downsample\.1\.weight$/.test(name) && length === 4);
  return {
    ...(plain.bottleneck ? groupsOf(shapes, plain) : { groups: 1, widthPerGroup: 64 }),
    downsample: averages ? 'average' : 'stride',
    ...attentionOf(shapes, plain),
    preactivation,
  };
}

/** Channels of each group as they are in the last stage, where rounding down hides the least. */
function groupsOf(shapes: Shapes, { repeats, width }: Setting): Pick<Setting, 'groups' | 'widthPerGroup'> {
  const [outputs = 1, perGroup = 1] = shapes.get(`layer${repeats.length}.0.conv2.weight`) ?? [];
  const widest = width * 2 ** (repeats.length - 1);
  return {
    groups: Math.max(1, Math.floor(outputs / perGroup)),
    widthPerGroup: Math.max(1, Math.ceil((64 * perGroup) / widest)),
  };
}

/** The usual reduction, if it makes what is there. */
function attentionOf(shapes: Shapes, plain: Setting): Pick<Setting, 'attention' | 'reduction'> {
  const seen = plain.repeats.flatMap((_, i) => {
    const [squeezed, channels] = shapes.get(`layer${i + 1}.0.se.fc1.weight`) ?? [];
    return squeezed && channels ? [{ squeezed, channels }] : [];
  });
  const { squeezed = 1, channels = plain.reduction } = seen.at(-1) ?? {};
  const fits = (reduction: number) => seen.every((one) => squeezedWidth(one.channels, reduction) === one.squeezed);
  const reduction = [plain.reduction, Math.round(channels / squeezed)].find(fits) ?? plain.reduction;
  return { attention: seen.length > 0 ? 'se' : 'none', reduction };
}
