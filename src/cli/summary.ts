/** `resmirror summary`: the article's figure for any network. */
import { stat } from 'node:fs/promises';
import { type Network, networkNamed, outlineOf, type Summary, summarise } from '../models/index.js';
import { command, type OptionRow, type Outcome, option } from './command.js';
import { usageError } from './failure.js';
import { type Detail, layerTable } from './layer-table.js';
import { NETWORKS, networkOptions } from './network-options.js';
import type { Terminal } from './terminal.js';
import { count } from './values.js';

export const summary = command({
  arguments: { '[net]': 'a network by name or setting, or a model file or run folder' },
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
    svg: option('--svg <file>', 'also a picture: stages, shapes, layers and shortcuts', { group: 'Output' }),
    compare: {
      flags: '--compare <nets...>',
      help: 'two networks side by side, rows that differ marked',
      group: 'Output',
    } as OptionRow<readonly string[]>,
  },
  notes: NETWORKS,
  examples: [
    ['summary resnet50 --size 224', 'ResNet-50 layer by layer'],
    ['summary transpose-resnet50 --variant article --by stage', "the article's transposed network, stage by stage"],
    [`summary '{"bottleneck":true,"repeats":[2,2,2,2],"attention":"se"}'`, 'a setting of your own'],
    ['summary autoencoder-cifar-resnet20 --latent 64 --json', 'for programs'],
    ['summary runs/resnet18-photos-1', 'a network that was trained'],
    ['summary resnet50 --svg resnet50.svg', 'as a picture'],
    ['summary --compare resnet18 resnet34', 'how two networks differ'],
  ],
  async run({ args, options, terminal }) {
    const { by = 'layer', svg, compare = [], ...shape } = options;
    const nets = [...(args.net === undefined ? [] : [args.net]), ...compare];
    const wanted = options.compare ? 2 : 1;
    if (nets.length !== wanted)
      throw usageError(
        wanted === 2
          ? `--compare takes two networks, got ${nets.length}`
          : 'expected a network, such as resnet50, or a model file or run folder',
      );
    if (svg !== undefined && wanted === 2) throw usageError('--svg draws one network: leave out --compare');
    const [network, other] = (await Promise.all(nets.map((net) => networkFrom(net, shape)))) as [Network, Network?];
    const result = summarise(network);
    if (other) return compared([result, summarise(other)], by as Detail, terminal);
    for (const line of layerTable(result, { by: by as Detail, paint: terminal.paint })) terminal.print(line);
    if (svg !== undefined) await writeDrawing(svg, network, terminal);
    return { json: { ...result, config: network.config, ...(svg !== undefined && { svg }) } };
  },
});

async function compared(both: readonly [Summary, Summary], by: Detail, terminal: Terminal): Promise<Outcome> {
  const { comparedRows, comparisonTable } = await import('./layer-comparison.js');
  const rows = comparedRows(both, by);
  for (const line of comparisonTable(both, rows, { by, paint: terminal.paint })) terminal.print(line);
  const networks = both.map(({ layers: _, ...figures }) => figures);
  return { json: { networks, rows, differing: rows.filter(({ change }) => change !== 'same').length } };
}

async function writeDrawing(file: string, network: Network, terminal: Terminal): Promise<void> {
  if (!/\.svg$/i.test(file)) throw usageError(`expected --svg to end in .svg, got ${file}`);
  const { drawNetwork } = await import('../train/report/network-picture.js');
  const { writeAtomically } = await import('../weights/index.js');
  await writeAtomically(file, drawNetwork(outlineOf(network)));
  terminal.print(`\nPicture  ${file}`);
}

/** The network of a model, where there is one of that name; otherwise that of the name. */
async function networkFrom(net: string, options: object): Promise<Network> {
  const isModel = net.endsWith('.safetensors') || (!net.startsWith('{') && (await stat(net).catch(() => undefined)));
  if (!isModel) return networkNamed(net, { ...options });
  const { readModel } = await import('../weights/index.js');
  return (await readModel(net)).network;
}
