/** What a file or a folder says of a network beside its tensors. */
import { UserError } from '../errors.js';
import type { ResNetOptions, Setting } from '../models/index.js';
import { cardOf, KEY, type Preprocessing } from './model.js';

export interface Description {
  /** The file that says so, for messages. */
  readonly by: string;
  /** Where it is not told, the weights tell. */
  readonly network?: { readonly setting: Setting; readonly options: ResNetOptions };
  /** How many classes there are, where only that is told. */
  readonly outputs?: number;
  readonly classes?: readonly string[];
  readonly preprocessing?: Partial<Omit<Preprocessing, 'channels'>>;
}

/** What a model file of this program says; nothing of other programs' files. @throws UserError for models that are no ResNets */
export function describeModel(metadata: Readonly<Record<string, string>>, by: string): Description | undefined {
  const text = metadata[KEY];
  if (text === undefined) return undefined;
  const { network, classes, preprocessing } = cardOf(text, by);
  if (network.kind !== 'resnet')
    throw new UserError(`${by} is a model of resmirror already, and no ResNet; use it as it is`);
  const { setting, kind: _, size: __, ...options } = network;
  const { channels: ___, ...images } = preprocessing;
  return { by, network: { setting, options }, classes, preprocessing: images };
}
