/**
 * Networks called like functions, as in the seed article: images in, logits out, variables kept by scope.
 *
 * ```ts
 * const net = ResNet('RESNET50');
 * const images = float32(new Float32Array(8 * 64 * 64 * 3), [8, 64, 64, 3]);
 * const logits = await net(images, 1000, true, 'shared'); // [8, 1000]; running statistics follow this batch
 * const again = await net(images, 1000, false, 'shared'); // the same variables, the running statistics
 * const other = await net(images, 1000, false); // unnamed: variables of its own, resnet_0
 * ```
 */
import { UserError } from '../errors.js';
import { input, show, transpose } from '../graph/index.js';
import {
  type GivenSetting,
  type Network,
  type ResNetOptions,
  resnet,
  settingOf,
  type TransposeResNetOptions,
  transposeResnet,
} from '../models/index.js';
import type { TensorOf, Tensors } from '../runtime/index.js';
import { store } from './store.js';

type Float32 = TensorOf<'float32'>;

interface Start {
  /** Of first values; the scope's name has a part in them too. 0 by default. */
  readonly seed?: number;
}

/** `variant` is `'article'` by default here. */
export type CalledResNetOptions = Omit<ResNetOptions, 'size' | 'channels' | 'classes'> & Start;
/** Options of `TransposeResNet`; `variant` is `'article'` by default here. */
export type CalledTransposeResNetOptions = Omit<TransposeResNetOptions, 'size' | 'latent'> & Start;

/**
 * A ResNet to call.
 * @param images float32 [n, h, w, c]; h and w multiples of 32
 * @param logits how many numbers to make of each image
 * @param training normalise by the batch's statistics and let the running ones follow them, or normalise by those
 * @param scope calls in one scope share their variables; without one a call gets its own: `resnet_0`, `resnet_1`, …
 * @returns float32 [n, logits]
 * @throws UserError for images of another kind, and for a scope that holds variables of other shapes
 */
export type CalledResNet = (images: Float32, logits: number, training: boolean, scope?: string) => Promise<Float32>;

/**
 * A transposed ResNet to call.
 * @param vectors float32 [n, d]
 * @param size height and width of the images to make, or one number for both; multiples of 32
 * @param training as for ResNet
 * @param scope as for ResNet; unnamed ones are `transpose_resnet_0`, …
 * @returns float32 [n, h, w, 3]
 */
export type CalledTransposeResNet = (
  vectors: Float32,
  size: number | readonly [height: number, width: number],
  training: boolean,
  scope?: string,
) => Promise<Float32>;

/** A ResNet by its setting's name (`'RESNET50'`) or setting, to be called on images. @throws UserError for unknown names */
export function ResNet(given: string | GivenSetting, { seed = 0, ...options }: CalledResNetOptions = {}): CalledResNet {
  settingOf(given); // complain where the mistake is, not at the first call
  return async (images, logits, training, scope) => {
    const [, height, width, channels] = shapeOf(images, 'images [n, h, w, c]', 4);
    const network = resnet(given, {
      variant: 'article',
      ...options,
      size: [height!, width!],
      channels: channels!,
      classes: logits,
    });
    return call({ family: 'resnet', network, images: 'in', fed: images, training, scope, seed });
  };
}

/** A transposed ResNet by its setting's name or setting, to be called on vectors. @throws UserError for unknown names */
export function TransposeResNet(
  given: string | GivenSetting,
  { seed = 0, ...options }: CalledTransposeResNetOptions = {},
): CalledTransposeResNet {
  settingOf(given);
  return async (vectors, size, training, scope) => {
    const [, latent] = shapeOf(vectors, 'vectors [n, d]', 2);
    const network = transposeResnet(given, { variant: 'article', ...options, size, latent: latent! });
    return call({ family: 'transpose_resnet', network, images: 'out', fed: vectors, training, scope, seed });
  };
}

/** The variables of a scope by name, learned ones and running statistics. @throws UserError for a scope nobody called in */
export const variables = (scope: string): Promise<Tensors> => store.variables(scope);

/** Sets variables of a scope, all or some. @throws UserError for names and shapes that the scope does not have */
export const assign = (scope: string, values: Tensors): Promise<void> => store.assign(scope, values);

/** Forgets all variables, closes the engine, and counts from 0 again. */
export const reset = (): Promise<void> => store.reset();

interface Called {
  readonly family: string;
  readonly network: Network;
  /** On which side of the network the images are: they are [n, h, w, c] outside, [n, c, h, w] inside. */
  readonly images: 'in' | 'out';
  readonly fed: Float32;
  readonly training: boolean;
  readonly scope: string | undefined;
  readonly seed: number;
}

async function call({ family, network, images, fed, training, scope, seed }: Called): Promise<Float32> {
  const result = await store.run(
    {
      family,
      scope,
      training,
      seed,
      key: JSON.stringify([network.config, fed.shape]),
      input: input('input', fed.shape),
      forward: (x, build) => {
        const y = network.forward(images === 'in' ? transpose(x, [0, 3, 1, 2]) : x, build);
        return images === 'out' ? transpose(y, [0, 2, 3, 1]) : y;
      },
    },
    fed,
  );
  return result as Float32;
}

function shapeOf({ dtype, shape }: Float32, expected: string, rank: number): readonly number[] {
  if (dtype === 'float32' && shape.length === rank) return shape;
  throw new UserError(`expected float32 ${expected}, got ${dtype}${show(shape)}`);
}
