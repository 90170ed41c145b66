/** Judging a trained model on tar shards, each by itself, by any number of processes. */
import type { Skipped } from '../data/batches.js';
import { type ShardWork, shardParts, type Worked, workThrough } from '../data/shards/work.js';
import type { Share } from '../data/share.js';
import { UserError } from '../errors.js';
import { modelKey } from '../inference/search/folder-vectors.js';
import type { Model } from '../weights/index.js';
import { type EvaluateModelOptions, partOf, relabelled, splitsFor } from './evaluate-model.js';
import { readyModel } from './ready-model.js';
import type { Evaluation } from './tasks/index.js';

/** How a model is judged on shards. */
export interface EvaluateShardsOptions extends Omit<EvaluateModelOptions, 'onBatch'> {
  /** The folder for the figures of each shard, and of all of them in its index. */
  readonly out: string;
  /** Which of several processes this is; the only one by default. */
  readonly share?: Share;
  readonly onShard?: ShardWork<ShardFigures>['onShard'];
}

export interface ShardFigures {
  readonly figures: Evaluation;
  readonly skipped: readonly Skipped[];
}

/** What came of it, shard by shard and over all. */
export interface ShardsEvaluation {
  readonly model: Pick<Model, 'card' | 'network'>;
  readonly worked: Worked<ShardFigures>;
  /** Of all shards; absent while some are not done. */
  readonly evaluation: Evaluation | undefined;
  readonly warnings: readonly string[];
}

/**
 * Judges a model on each shard that is this process's share. What is done is kept in `out` and not done again, and the figures of all
 * are the same to the bit, whoever did what.
 * @throws UserError for data that does not fit, or is in no shards
 */
export async function evaluateShards(
  path: string,
  data: string,
  { out, share = { rank: 0, size: 1 }, onShard, ...options }: EvaluateShardsOptions,
): Promise<ShardsEvaluation> {
  const { split = 'validation', batch = 32, mirrored = false } = options;
  const ready = await readyModel(path, options);
  try {
    const { model } = ready;
    const { task, classes } = model.card;
    if (task === 'generate')
      throw new UserError('what a generator makes is judged on all images at once; leave out the folder');
    const by = { command: 'eval', model: modelKey(model), split, batch, mirrored };
    const splits = await splitsFor(path, data, { task, labelled: classes.length > 0 });
    const part = partOf(splits, split);
    const parts = shardParts([classes.length > 0 ? relabelled(part, classes) : part]);
    const worked = await workThrough<ShardFigures>(parts, {
      out,
      by,
      share,
      ...(onShard && { onShard }),
      async work({ images }) {
        const { model: _, dataset: __, skipped, ...figures } = await ready.evaluate(images, {});
        return { figures, skipped };
      },
      summary: together,
    });
    const evaluation = worked.index && together(worked.index.shards);
    return { model, worked, evaluation, warnings: splits.warnings };
  } finally {
    await ready.close();
  }
}

/** Figures of all shards: means weighted by images, and counts added up. */
function together(shards: readonly ShardFigures[]): Evaluation {
  const all = shards.map(({ figures }) => figures);
  const images = all.reduce((sum, one) => sum + one.images, 0);
  const names = Object.keys(all[0]?.metrics ?? {});
  const mean = (name: string) => all.reduce((sum, one) => sum + one.images * (one.metrics[name] ?? 0), 0) / images;
  const tables = all.flatMap(({ confusion }) => (confusion ? [confusion] : []));
  const [first] = tables;
  const confusion = first?.map((row, i) => row.map((_, j) => tables.reduce((sum, table) => sum + table[i]![j]!, 0)));
  return {
    images,
    metrics: Object.fromEntries(names.map((name) => [name, mean(name)])),
    ...(confusion && { confusion }),
  };
}
