/** The artefact: one safetensors file with weights under their public names, and what they mean as JSON beside them. */
import * as v from 'valibot';
import { UserError } from '../errors.js';
import { buildNetwork, type Network, NetworkConfig, networkOf } from '../models/index.js';
import { problems, whole, within } from '../schema.js';
import type { HostTensor } from './host-tensor.js';
import { encodeSafetensors, type Safetensors } from './safetensors.js';

/** Under this key of the file's metadata stands everything that is no tensor. */
export const KEY = 'resmirror';

/** How images were prepared; statistics per channel of values scaled to 0 … 1. */
export const Preprocessing = v.strictObject({
  size: v.pipe(v.tuple([whole(1), whole(1)]), v.readonly()),
  channels: v.picklist([1, 3]),
  cropRatio: within({ above: 0, most: 1 }),
  interpolation: v.picklist(['nearest', 'bilinear', 'bicubic']),
  mean: v.pipe(v.array(within({})), v.readonly()),
  std: v.pipe(v.array(within({ above: 0 })), v.readonly()),
});
export type Preprocessing = v.InferOutput<typeof Preprocessing>;

/** What a model file says besides its weights. */
export const ModelCard = v.object({
  format: v.literal(1),
  task: v.picklist(['classify', 'reconstruct', 'generate']),
  network: NetworkConfig,
  preprocessing: Preprocessing,
  /** Class names by output, or by what stands behind the latent vector of a network that makes images of a class. */
  classes: v.pipe(v.array(v.string()), v.readonly()),
  /** Figures of the run that it came from, such as its accuracy. */
  metrics: v.optional(v.record(v.string(), v.number()), {}),
});
/** What a model file says besides its weights. */
export type ModelCard = v.InferOutput<typeof ModelCard>;

/** Weights by their public names. */
export type Weights = Readonly<Record<string, Extract<HostTensor, { readonly dtype: 'float32' }>>>;

/** A trained network: what it is, what it means, and its weights. */
export interface Model {
  readonly card: ModelCard;
  readonly network: Network;
  readonly weights: Weights;
  /** Of weights that stay in their file: rejects with a UserError when that is another by now. */
  readonly expectSame?: () => Promise<void>;
}

/** Metadata and tensors of a model, ready to be written; `extra` metadata stands beside the card. */
export const modelFile = (
  { card, weights }: Pick<Model, 'card' | 'weights'>,
  extra: Readonly<Record<string, string>> = {},
) => ({
  metadata: { ...extra, format: 'pt', [KEY]: JSON.stringify(card) },
  tensors: Object.entries(weights),
});

/** The bytes of a model file. */
export const encodeModel = (model: Pick<Model, 'card' | 'weights'>): Uint8Array => encodeSafetensors(modelFile(model));

/**
 * A model out of a safetensors file that this program wrote.
 * @throws UserError for files of others, and for weights that are missing, left over or of another shape.
 */
export function modelOf({ metadata, tensors }: Safetensors, file = 'the file'): Model {
  const text = metadata[KEY];
  if (text === undefined)
    throw new UserError(
      `${file} holds tensors but no resmirror model (no '${KEY}' in its metadata); models are written by 'resmirror train'`,
      'not-a-model',
    );
  const card = cardOf(text, file);
  const network = networkOf(card.network);
  const { y, build } = buildNetwork(network, { batch: 1 });
  if (card.task === 'classify' && y.shape[1] !== card.classes.length)
    throw new UserError(
      `${file}: ${network.name} has ${y.shape[1]} outputs, but its description has ${card.classes.length} class name(s)`,
      'other-weights',
    );
  const weights: Record<string, Weights[string]> = {};
  for (const [name, { shape }] of build.parameters) {
    const tensor = tensors.get(name);
    if (!tensor)
      throw new UserError(`${file}: the weight ${name} [${shape}] of ${network.name} is missing`, 'other-weights');
    if (tensor.dtype !== 'float32' || `${tensor.shape}` !== `${shape}`)
      throw new UserError(
        `${file}: expected ${name} as float32 [${shape}], got ${tensor.dtype} [${tensor.shape}]`,
        'other-weights',
      );
    weights[name] = tensor;
  }
  const left = [...tensors.keys()].filter((name) => !(name in weights));
  if (left.length > 0)
    throw new UserError(
      `${file}: ${left.length} tensor(s) that ${network.name} does not have: ${left.slice(0, 5).join(', ')}`,
      'other-weights',
    );
  return { card, network, weights };
}

export function cardOf(text: string, file: string): ModelCard {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file}: its description is no JSON: ${(error as Error).message}`, 'damaged-description');
  }
  const { success, output, issues } = v.safeParse(ModelCard, given);
  if (!success)
    throw new UserError(
      `${file}: its description is damaged, or from a newer version: ${problems(issues)}`,
      'damaged-description',
    );
  return output;
}
