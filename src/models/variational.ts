/** A variational autoencoder: an encoder to a distribution of latent vectors, and back from one of them through its mirror. */
import { UserError } from '../errors.js';
import { pad, slice, type Value } from '../graph/index.js';
import { named, sequential } from '../nn/index.js';
import { type AutoencoderOptions, mirroredPair } from './autoencoder.js';
import type { NetworkConfig, VariationalConfig } from './config.js';
import type { Network } from './network.js';
import { resnet } from './resnet.js';
import type { GivenSetting } from './settings.js';
import { transposeResnet } from './transpose-resnet.js';

/** Options of `variationalAutoencoder`. */
export interface VariationalOptions extends AutoencoderOptions {
  /** Classes that the decoder is told, one-hot behind the latent vector; none by default. */
  readonly classes?: number;
}

/** Mean and log-variance [n, d] each, of what an encoder gives, [n, 2 d]. */
export function momentsOf(posterior: Value): { readonly mean: Value; readonly logVariance: Value } {
  const latent = (posterior.shape[1] as number) / 2;
  return {
    mean: slice(posterior, [{ axis: 1, start: 0, end: latent }]),
    logVariance: slice(posterior, [{ axis: 1, start: latent, end: 2 * latent }]),
  };
}

/**
 * Kingma & Welling 2014, https://arxiv.org/abs/1312.6114, appendix C.2: image [n, c, h, w] -> mean and log-variance of a latent vector
 * (`posterior`); latent vector and class [n, latent + classes] -> image (`decode`). `forward` is the image of the mean, of no class.
 * The class goes to the decoder alone (Sohn et al. 2015 tell the encoder too), so that images without labels can be encoded.
 * @param options those of an autoencoder, whose layers these are
 */
export function variationalAutoencoder(
  given: string | GivenSetting,
  options: VariationalOptions = {},
): Network<VariationalConfig> {
  const { classes = 0, latent = 128, ...shared } = options;
  const lengths = { encoded: 2 * latent, decoded: latent + classes };
  return variationalOf({ kind: 'variational', ...mirroredPair(given, shared, lengths) });
}

/** The variational autoencoder of two configurations. @throws UserError where the decoder does not take what the encoder gives */
export function variationalOf(config: VariationalConfig): Network<VariationalConfig> {
  const { setting: encoding, kind: _, ...encoderOptions } = config.encoder;
  const { setting: decoding, kind: __, ...decoderOptions } = config.decoder;
  const { classes: moments } = encoderOptions;
  const classes = decoderOptions.latent - moments / 2;
  if (moments % 2 || classes < 0)
    throw new UserError(
      `expected an encoder with two outputs for each of at most ${decoderOptions.latent} latent numbers, got ${moments} outputs`,
    );
  const encoder = resnet(encoding, encoderOptions);
  const posterior = named('encoder', encoder.forward);
  const decode = named('decoder', transposeResnet(decoding, decoderOptions).forward);
  const embed = sequential(posterior, (x) => momentsOf(x).mean);
  return {
    config,
    name: `vae-${encoder.name}`,
    input: encoder.input,
    posterior,
    embed,
    decode,
    forward: sequential(embed, (mean) => pad(mean, [0, 0, 0, classes]), decode),
  };
}

/** What a network does behind its vectors: from [n, latent + classes] to images. @throws UserError for networks that make none */
export function decoderOf(network: Network): Network {
  const { decode, config, name } = network;
  const length = latentLength(config, 0);
  if (!decode || length === undefined) throw new UserError(`${name} makes no images of vectors`);
  return { ...network, input: [length], forward: decode };
}

/** Length of the latent vector behind which a network takes so many classes; undefined where it takes no vectors. */
export function latentLength(config: NetworkConfig, classes: number): number | undefined {
  if (config.kind === 'resnet' || config.kind === 'graph') return undefined;
  return (config.kind === 'transposeResnet' ? config : config.decoder).latent - classes;
}
