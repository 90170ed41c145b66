/** `resmirror shard`: a folder of images as tar shards. */
import { command, flag, option } from './command.js';
import { counted, scaled } from './figures.js';
import { StatusLine } from './status-line.js';
import { count, positive, seed } from './values.js';

export const shard = command({
  arguments: {
    '<data>': "as for train: images in DATA/<class>/ or DATA/<split>/<class>/, IDX, CIFAR, or 'drawn'",
  },
  options: {
    out: option('--out <folder>', 'where the shards go; made when it is not there', { usual: 'DATA-shards' }),
    size: option('--size <MB>', 'megabytes that a shard has at most', { parse: positive, usual: '128' }),
    perShard: option('--per-shard <n>', 'images that a shard has at most', { parse: count }),
    unlabelled: flag('--unlabelled', 'images in whatever folders they are, without classes'),
    seed: option('--seed <n>', 'of the order in which images are mixed', { parse: seed, usual: '0' }),
  },
  notes: `Shards are tar archives by WebDataset's convention: KEY.jpg and KEY.cls for each
image. Beside them go an index of each, and shards.json with the classes.`,
  examples: [
    ['shard ./photos --out ./photos-shards', 'train-000000.tar, train-000001.tar, …'],
    ["train classify './photos-shards/train-{000000..000007}.tar'", 'what they are for'],
  ],
  async run({ args, options, terminal }) {
    const { out = `${args.data.replace(/[/\\]+$/, '').replace(/:\d+$/, '')}-shards`, size = 128, perShard } = options;
    const { wholeOf } = await import('../train/evaluate-model.js');
    const { writeShards } = await import('../data/shards/write-shards.js');
    const task = options.unlabelled ? 'reconstruct' : 'classify';
    const splits = await wholeOf(args.data, { task });
    for (const warning of splits.warnings) terminal.warn(warning);
    const line = new StatusLine();
    const written = await writeShards(splits, {
      out,
      shardBytes: size * 1e6,
      ...(perShard && { perShard }),
      ...(options.seed !== undefined && { seed: options.seed }),
      onImage: (done, of, name) => {
        const text = () => `${name}: image ${done} of ${of}`;
        line.update(text, text);
      },
    });
    line.clear();
    const { shards, classes, index } = written;
    const images = shards.reduce((sum, { samples }) => sum + samples, 0);
    const bytes = shards.reduce((sum, one) => sum + one.bytes, 0);
    const among = classes.length > 0 ? ` of ${counted(classes.length, 'class', 'classes')}` : '';
    terminal.print(`${counted(images, 'image')}${among} in ${counted(shards.length, 'shard')}, ${scaled(bytes)}B`);
    terminal.print(`Index  ${index}`);
    terminal.print(`Next   resmirror train ${task} ${out}`);
    return { json: { out, index, images, bytes, classes, shards } };
  },
});
