/** The weights of a model as other programs name them. */
import { UserError } from '../../errors.js';
import { buildNetwork, networkOf } from '../../models/index.js';
import type { HostTensor } from '../host-tensor.js';
import type { Model } from '../model.js';
import { toTheirs } from '../names/scheme.js';
import { type SchemeName, schemes } from '../names/schemes.js';

/** Whose names weights can be exported under; `own` are those of this project, which are torchvision's where it has any. */
const SCHEMES = {
  own: undefined,
  torchvision: 'torchvision',
  timm: 'torchvision',
  huggingface: 'huggingface',
} as const;
/** Whose names weights are written under. */
export type Names = keyof typeof SCHEMES;
export const NAMES = Object.keys(SCHEMES) as readonly Names[];

/** What a file needs of a model. */
export type Exported = Pick<Model, 'card' | 'weights'>;

/**
 * Name -> tensor in the order of the network, as PyTorch's `state_dict()` has them: behind the statistics of every normalisation of channels stands
 * its counter `num_batches_tracked`, int64 [], which `load_state_dict(strict=True)` asks for.
 * @throws UserError for weights that the names cannot say, and for models whose weights are those of a graph, such as 8-bit ones
 */
export function stateDict(model: Exported, names: Names = 'own'): readonly (readonly [string, HostTensor])[] {
  const order = checkedOrder(model);
  const scheme: SchemeName | undefined = SCHEMES[names];
  const translate = scheme ? toTheirs(schemes[scheme]) : (name: string) => name;
  const { kind } = model.card.network;
  if (scheme && kind !== 'resnet')
    throw new UserError(
      `${schemes[scheme].title} has no names for ${networkOf(model.card.network).name}: it knows ResNets only; leave --names out`,
    );
  if (names === 'timm' && kind === 'resnet' && model.card.network.setting.preactivation)
    throw new UserError(
      "timm's ResNets with preactivation end in a convolution of 1x1, which is not written here; leave --names out",
    );
  const strange = order.filter((name) => translate(name) === undefined);
  if (strange.length > 0)
    throw new UserError(
      `${names} has no names for ${strange.length} weight(s), ${strange.slice(0, 3).join(', ')}, …: it knows variants imagenet and cifar; leave --names out`,
    );
  return order.flatMap((name): (readonly [string, HostTensor])[] => {
    const tensor = model.weights[name]!;
    const theirs = translate(name)!;
    const own = [theirs, tensor] as const;
    const counted = theirs.endsWith('.running_var') && tensor.shape.length === 1;
    return counted ? [own, [theirs.replace(/running_var$/, 'num_batches_tracked'), counter()]] : [own];
  });
}

const counter = (): HostTensor => ({ dtype: 'int64', shape: [], data: BigInt64Array.of(0n) });

/**
 * The names of a model's weights in the order of its network.
 * @throws UserError where weights are not those of the network that its description names: files would say something else than they hold
 */
export function checkedOrder({ card, weights }: Exported): readonly string[] {
  const network = networkOf(card.network);
  const { parameters } = buildNetwork(network, { batch: 1 }).build;
  const names = [...parameters.keys()];
  const same = names.every((name) => weights[name] && `${weights[name].shape}` === `${parameters.get(name)!.shape}`);
  if (!same || Object.keys(weights).length !== names.length)
    throw new UserError(
      `these are not the plain weights of ${network.name}, but those of a graph that was rewritten, as 8-bit models are; only ONNX files hold these. Export the model that it was made of`,
    );
  return names;
}
