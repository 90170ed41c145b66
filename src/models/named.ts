/** Networks by configuration, and by the names of the command line. */
import { UserError } from '../errors.js';
import { validated } from '../schema.js';
import { type AutoencoderOptions, autoencoder, autoencoderOf } from './autoencoder.js';
import { NetworkConfig } from './config.js';
import { networkOfRecord } from './graph-network.js';
import type { Network } from './network.js';
import { type ResNetOptions, resnet } from './resnet.js';
import { type GivenSetting, isSettingName, settingNames } from './settings.js';
import { type TransposeResNetOptions, transposeResnet } from './transpose-resnet.js';
import { type VariationalOptions, variationalAutoencoder, variationalOf } from './variational.js';

const makers: { readonly [K in NetworkConfig['kind']]: (config: Extract<NetworkConfig, { kind: K }>) => Network } = {
  resnet: ({ setting, kind: _, ...options }) => resnet(setting, options),
  transposeResnet: ({ setting, kind: _, ...options }) => transposeResnet(setting, options),
  autoencoder: (config) => autoencoderOf(config),
  variational: (config) => variationalOf(config),
  graph: networkOfRecord,
};

/** The network of a configuration, as model files keep it. @throws UserError for what is none. */
export function networkOf(given: unknown): Network {
  const config = validated(NetworkConfig, given, 'a network configuration');
  return (makers[config.kind] as (config: NetworkConfig) => Network)(config);
}

/** Prefix of a name on the command line -> what it makes. */
const families = {
  'transpose-': transposeResnet,
  'autoencoder-': autoencoder,
  'vae-': variationalAutoencoder,
  '': resnet,
} as const;

/** Options for a network that is chosen by its name. */
export type NamedOptions = ResNetOptions & TransposeResNetOptions & AutoencoderOptions & VariationalOptions;

/** A network by a name of the command line: `resnet18`, `transpose-resnet50`, `autoencoder-cifar-resnet20`, or `{"bottleneck":…}`. */
export function networkNamed(name: string, options: Readonly<Record<string, unknown>> = {}): Network {
  const [prefix, make] = Object.entries(families).find(([start]) => name.toLowerCase().startsWith(start))!;
  return (make as (given: string | GivenSetting, options: object) => Network)(
    settingText(name.slice(prefix.length)),
    options,
  );
}

/** A setting's name, or the setting itself as JSON. */
export function settingText(text: string): string | GivenSetting {
  if (!text.startsWith('{')) {
    if (isSettingName(text)) return text;
    throw new UserError(
      `no network is called '${text}'; known are ${settingNames.join(', ')} (with transpose- or autoencoder- before them), or '{"bottleneck":false,"repeats":[1,1,1,1]}'`,
    );
  }
  try {
    return JSON.parse(text) as GivenSetting;
  } catch (error) {
    throw new UserError(
      `expected a setting such as {"bottleneck":false,"repeats":[1,1,1,1]}, got ${text}: ${(error as Error).message}`,
    );
  }
}
