/** Which ResNet tensors belong to, going by their names and shapes alone. */
import { UserError } from '../../errors.js';
import { type ResNetConfig, type ResNetOptions, type Setting, settingOf } from '../../models/index.js';
import { blockOptions, deepStem } from './options.js';

/** Our name -> shape. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

export interface Recognised {
  readonly setting: Setting;
  readonly options: Pick<Required<ResNetOptions>, 'variant' | 'channels' | 'classes' | 'shortcut' | 'norm'>;
}

/** Side of the first convolution's kernel -> the family. */
const FAMILIES: Readonly<Record<number, 'imagenet' | 'cifar'>> = { 7: 'imagenet', 3: 'cifar' };

/**
 * Depth, width, groups, bottleneck, attention and order from the blocks, family from the stem, kind of shortcuts from where projections
 * are and how they are called. Where a bottleneck strides cannot be seen, nor the size of the images.
 * @throws UserError that names what does not look like a ResNet
 */
export function recognise(shapes: Shapes, file: string): Recognised {
  const fail = (reason: string) =>
    new UserError(`${file} is not recognised as a ResNet: ${reason}. Name the network with --net.`);
  const shapeOf = (name: string, axes: number) => {
    const shape = shapes.get(name);
    if (!shape) throw fail(`there is no ${name} among ${some([...shapes.keys()])}`);
    if (shape.length !== axes) throw fail(`${name} is [${shape}]; expected ${axes} axes`);
    return shape;
  };
  const isDeep = shapes.has(DEEP);
  const [firstOut, channels, kernel] = shapeOf(isDeep ? DEEP : PLAIN, 4);
  const variant = isDeep ? 'imagenet' : FAMILIES[kernel!];
  if (!variant) throw fail(`its first convolution is ${kernel} wide; known are ${Object.keys(FAMILIES).join(', ')}`);
  const width = isDeep ? shapeOf('conv1.6.weight', 4)[0]! : firstOut!;
  const stem = isDeep ? deepStem([firstOut!, shapeOf('conv1.3.weight', 4)[0]!, width]) : 'plain';
  if (!stem)
    throw fail(`the convolutions of its stem have ${firstOut} to ${width} channels, of which no kind is known`);
  const bottleneck = shapes.has('layer1.0.conv3.weight');
  const [outputs] = shapeOf(bottleneck ? 'layer1.0.conv3.weight' : 'layer1.0.conv1.weight', 4);
  const own = bottleneck ? outputs! / 4 : outputs;
  if (own !== width) throw fail(`its stem has ${width} channels, its first block ${own}`);
  const repeats = repeatsOf(shapes);
  if (repeats.length > 6) throw fail(`it has ${repeats.length} stages; known are up to 6`);
  const plain = settingOf({ bottleneck, repeats, width, stem });
  const setting = settingOf({ ...plain, ...blockOptions(shapes, plain) });
  const [classes] = shapeOf('fc.weight', 2);
  return { setting, options: { variant, channels: channels!, classes: classes!, ...detailsOf(shapes, setting) } };
}

/** The first convolution of either stem. */
const [PLAIN, DEEP] = ['conv1.weight', 'conv1.0.weight'];

/** What weights tell of a network whose setting is known. */
export const detailsOf = (shapes: Shapes, setting: Setting): Pick<Recognised['options'], 'shortcut' | 'norm'> => ({
  shortcut: shortcutOf(shapes, setting),
  norm: shapes.has('layer1.0.bn1.weight') ? 'batch' : 'none',
});

/** How many channels go in and how many classes come out, where weights tell. */
export function endsOf(shapes: Shapes): Pick<ResNetOptions, 'classes' | 'channels'> {
  const [classes, channels] = [shapes.get('fc.weight')?.[0], (shapes.get(PLAIN) ?? shapes.get(DEEP))?.[1]];
  return { ...(classes && { classes }), ...(channels && { channels }) };
}

const some = (names: readonly string[]) => names.slice(0, 5).join(', ') || 'no names that are known';

/** Blocks of each stage, as far as they are there without a gap. */
function repeatsOf(shapes: Shapes): number[] {
  const repeats: number[] = [];
  const has = (stage: number, block: number) => shapes.has(`layer${stage}.${block}.conv1.weight`);
  for (let stage = 1; has(stage, 0); stage++) {
    let blocks = 1;
    while (has(stage, blocks)) blocks++;
    repeats.push(blocks);
  }
  return repeats;
}

/** Projections in blocks that change nothing: C; none in blocks that change something: A. */
function shortcutOf(shapes: Shapes, { bottleneck, repeats }: Setting): ResNetConfig['shortcut'] {
  const projects = (stage: number, block: number) =>
    [0, 1].some((i) => shapes.get(`layer${stage}.${block}.downsample.${i}.weight`)?.length === 4);
  const later = repeats.some((blocks, i) => blocks > 1 && projects(i + 1, 1));
  if (later || (!bottleneck && projects(1, 0))) return 'C';
  const changing = repeats.map((_, i) => i + 1).filter((stage) => stage > 1 || bottleneck);
  return changing.length > 0 && !changing.some((stage) => projects(stage, 0)) ? 'A' : 'B';
}
