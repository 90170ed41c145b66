/** An encoder to a latent vector, and back through its mirror. */
import { UserError } from '../errors.js';
import { named, sequential } from '../nn/index.js';
import type { AutoencoderConfig } from './config.js';
import type { Network } from './network.js';
import { type ResNetOptions, resnet } from './resnet.js';
import type { GivenSetting } from './settings.js';
import { type TransposeResNetOptions, transposeResnet } from './transpose-resnet.js';

/** Options of `autoencoder`: a ResNet's and its mirror's. */
export interface AutoencoderOptions
  extends Pick<ResNetOptions, 'size' | 'channels' | 'stride' | 'shortcut' | 'pooling'>,
    Pick<TransposeResNetOptions, 'upsample' | 'output' | 'latent'> {
  readonly variant?: ResNetOptions['variant'];
}

/**
 * Image [n, c, h, w] -> latent vector [n, latent] -> image [n, c, h, w]. `variant: 'article'` pairs the two article networks.
 * Parameters stand under `encoder.` and `decoder.`. The encoder does not pool, since an average forgets where things were, unless
 * `pooling: 'average'` says so or the article's networks are meant, which do.
 */
export function autoencoder(
  given: string | GivenSetting,
  options: AutoencoderOptions = {},
): Network<AutoencoderConfig> {
  const { latent = 128 } = options;
  return autoencoderOf({ kind: 'autoencoder', ...mirroredPair(given, options, { encoded: latent, decoded: latent }) });
}

/** Configurations of an encoder to vectors of one length and of its mirror from vectors of another. */
export function mirroredPair(
  given: string | GivenSetting,
  { upsample, output = 'sigmoid', latent: _, variant, size = [64, 64], ...shared }: AutoencoderOptions,
  lengths: { readonly encoded: number; readonly decoded: number },
): Pick<AutoencoderConfig, 'encoder' | 'decoder'> {
  const pooling = variant === 'article' ? 'average' : 'none';
  const encoder = resnet(given, { pooling, ...shared, size, classes: lengths.encoded, ...(variant && { variant }) });
  const { variant: encoded, channels, setting } = encoder.config;
  const decoder = transposeResnet(setting, {
    size: encoder.config.size,
    channels,
    latent: lengths.decoded,
    output,
    variant: encoded === 'article' ? 'article' : 'mirror',
    of: encoded === 'cifar' ? 'cifar' : 'imagenet',
    ...(upsample && { upsample }),
  });
  return { encoder: encoder.config, decoder: decoder.config };
}

/** The autoencoder of two configurations. @throws UserError where the decoder does not take what the encoder gives. */
export function autoencoderOf(config: AutoencoderConfig): Network<AutoencoderConfig> {
  const { setting: encoding, kind: _, ...encoderOptions } = config.encoder;
  const { setting: decoding, kind: __, ...decoderOptions } = config.decoder;
  if (encoderOptions.classes !== decoderOptions.latent)
    throw new UserError(
      `expected a decoder for vectors of ${encoderOptions.classes}, got one for ${decoderOptions.latent}; set latent to the encoder's classes`,
    );
  const encoder = resnet(encoding, encoderOptions);
  const decoder = transposeResnet(decoding, decoderOptions);
  const embed = named('encoder', encoder.forward);
  const decode = named('decoder', decoder.forward);
  return {
    config,
    name: `autoencoder-${encoder.name}`,
    input: encoder.input,
    embed,
    decode,
    forward: sequential(embed, decode),
  };
}
