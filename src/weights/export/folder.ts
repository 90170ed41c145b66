/** What folders of transformers and timm can say, and what they cannot. */
import { UserError } from '../../errors.js';
import type { ResNetConfig } from '../../models/index.js';
import { encodeSafetensorsChunks } from '../safetensors.js';
import { type Exported, type Names, stateDict } from './state-dict.js';

/** Options of a network that only one value of has a name elsewhere. */
const PLAIN = { variant: 'imagenet', shortcut: 'B', norm: 'batch', pooling: 'average' } as const;

/**
 * The network of a classifier as both programs know it.
 * @throws UserError that names every option which the program cannot say
 */
export function plainResNet({ card }: Exported, program: string): ResNetConfig {
  const { network, task } = card;
  const refuse = (what: string) =>
    new UserError(`${program} cannot express this model: ${what}. Export it as safetensors, pth or onnx instead.`);
  if (network.kind !== 'resnet' || task !== 'classify')
    throw refuse(`it is of kind ${network.kind}, not a classifier of kind resnet`);
  const other = (Object.keys(PLAIN) as (keyof typeof PLAIN)[]).filter((key) => network[key] !== PLAIN[key]);
  if (other.length > 0)
    throw refuse(other.map((key) => `its ${key} is ${network[key]} instead of ${PLAIN[key]}`).join(', '));
  return network;
}

/** The weights as both programs load them. https://huggingface.co/docs/safetensors: PyTorch's files say so in their metadata */
export const bareSafetensors = (model: Exported, names: Names): Iterable<Uint8Array> =>
  encodeSafetensorsChunks({ metadata: { format: 'pt' }, tensors: stateDict(model, names) });

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
