import { input, type Shape, type Value } from '../graph/index.js';
import { Build, type Layer } from '../nn/index.js';
import type { NetworkConfig } from './config.js';

/** A network: what makes it again, what goes in, and the layers. */
export interface Network<C extends NetworkConfig = NetworkConfig> {
  readonly config: C;
  /** What people call it: `resnet18`. */
  readonly name: string;
  /** Shape of one sample: [c, h, w] or [d]. */
  readonly input: readonly number[];
  /** From a batch [n, ...input] to the network's result. */
  readonly forward: Layer;
  /** From a batch to what the network knows of it: pooled features [n, c], or the latent vector [n, d]. */
  readonly embed: Layer;
  /** Of what makes images out of vectors: from [n, d] to images [n, c, h, w]. */
  readonly decode?: Layer;
  /** Of a variational encoder: from images [n, c, h, w] to the mean and the log-variance of their latent vectors, [n, 2 d]. */
  readonly posterior?: Layer;
  /** Of a ResNet: from images [n, c, h, w] to the maps after its first stage, from these to those after its second, and so on. */
  readonly stages?: readonly Layer[];
}

/** A network applied to an input: its output, and the parameters that it asked for. */
export interface Built {
  readonly x: Value;
  readonly y: Value;
  readonly build: Build;
}

/** The network's graph for a batch of this size; `'n'` leaves the size free. */
export function buildNetwork(
  { input: sample, forward, embed }: Network,
  { batch = 'n' as number | string, training = false, result = 'forward' as 'forward' | 'embed' } = {},
): Built {
  const build = new Build({ training });
  const shape: Shape = [batch, ...sample];
  const x = input('input', shape);
  return { x, y: { forward, embed }[result](x, build), build };
}
