/** Which ResNet tensors belong to, going by their names and shapes alone. */
import { UserError } from '../../errors.js';
import type { ResNetConfig, ResNetOptions, Setting } from '../../models/index.js';

/** Our name -> shape. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

export interface Recognised {
  readonly setting: Setting;
  readonly options: Pick<Required<ResNetOptions>, 'variant' | 'channels' | 'classes' | 'shortcut' | 'norm'>;
}

/** Side of the first convolution's kernel -> the family. */
const FAMILIES: Readonly<Record<number, 'imagenet' | 'cifar'>> = { 7: 'imagenet', 3: 'cifar' };

/**
 * Depth, width and bottleneck from the blocks, family from the first kernel, kind of shortcuts from where projections are. Where a bottleneck
 * strides cannot be seen, nor the size of the images.
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
  const [stem, channels, kernel] = shapeOf('conv1.weight', 4);
  const variant = FAMILIES[kernel!];
  if (!variant) throw fail(`its first convolution is ${kernel} wide; known are ${Object.keys(FAMILIES).join(', ')}`);
  const [width] = shapeOf('layer1.0.conv1.weight', 4);
  if (width !== stem) throw fail(`its stem has ${stem} channels, its first block ${width}`);
  const setting = { bottleneck: shapes.has('layer1.0.conv3.weight'), repeats: repeatsOf(shapes), width: width! };
  if (setting.repeats.length > 6) throw fail(`it has ${setting.repeats.length} stages; known are up to 6`);
  const [classes] = shapeOf('fc.weight', 2);
  return { setting, options: { variant, channels: channels!, classes: classes!, ...detailsOf(shapes, setting) } };
}

/** What weights tell of a network whose setting is known. */
export const detailsOf = (shapes: Shapes, setting: Setting): Pick<Recognised['options'], 'shortcut' | 'norm'> => ({
  shortcut: shortcutOf(shapes, setting),
  norm: shapes.has('bn1.weight') ? 'batch' : 'none',
});

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
  const projects = (stage: number, block: number) => shapes.has(`layer${stage}.${block}.downsample.0.weight`);
  const later = repeats.some((blocks, i) => blocks > 1 && projects(i + 1, 1));
  if (later || (!bottleneck && projects(1, 0))) return 'C';
  const changing = repeats.map((_, i) => i + 1).filter((stage) => stage > 1 || bottleneck);
  return changing.length > 0 && !changing.some((stage) => projects(stage, 0)) ? 'A' : 'B';
}
