/** `resmirror summary`: the article's figure for any network. */
import { stat } from 'node:fs/promises';
import { type Network, networkNamed, summarise } from '../models/index.js';
import { command, option } from './command.js';
import { type Detail, layerTable } from './layer-table.js';
import { NETWORKS, networkOptions } from './network-options.js';
import { count } from './values.js';

export const summary = command({
  arguments: { '<net>': 'a network by name or setting, or a model file or run folder' },
  options: {
    ...networkOptions,
    classes: option('--classes <k>', 'outputs of a ResNet', {
      parse: count,
      usual: '1000; 10 for cifar-',
      group: 'Network',
    }),
    channels: option('--channels <c>', 'channels of the images', { parse: count, usual: '3', group: 'Network' }),
    by: option('--by <part>', 'a row for every layer, block or stage', {
      choices: ['layer', 'block', 'stage'] as const,
      usual: 'layer',
      group: 'Output',
    }),
  },
  notes: NETWORKS,
  examples: [
    ['summary resnet50 --size 224', 'ResNet-50 layer by layer'],
    ['summary transpose-resnet50 --variant article --by stage', "the article's transposed network, stage by stage"],
    ['summary autoencoder-cifar-resnet20 --latent 64 --json', 'for programs'],
    ['summary runs/resnet18-photos-1', 'a network that was trained'],
  ],
  async run({ args, options, terminal }) {
    const { by = 'layer', ...shape } = options;
    const network = await networkFrom(args.net, shape);
    const result = summarise(network);
    for (const line of layerTable(result, { by: by as Detail, paint: terminal.paint })) terminal.print(line);
    return { json: { ...result, config: network.config } };
  },
});

/** The network of a model, where there is one of that name; otherwise that of the name. */
async function networkFrom(net: string, options: object): Promise<Network> {
  const isModel = net.endsWith('.safetensors') || (!net.startsWith('{') && (await stat(net).catch(() => undefined)));
  if (!isModel) return networkNamed(net, { ...options });
  const { readModel } = await import('../weights/index.js');
  return (await readModel(net)).network;
}
