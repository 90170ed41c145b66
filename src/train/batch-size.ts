/** The largest batch whose training fits into memory. */
import { freemem } from 'node:os';
import { CACHE_BYTES } from '../data/batches.js';
import { UserError } from '../errors.js';
import { bytesOf } from '../graph/index.js';
import { trainingStep } from '../optim/index.js';
import { openRuntime, type Runtime } from '../runtime/index.js';
import { type Plan, type TrainOptions, withBatch } from './plan.js';
import { sensibleBatch } from './recipes.js';
import type { RunOptions } from './run-options.js';
import { tasks } from './tasks/index.js';
import { stepOf } from './trainer.js';

/** Memory that a training may take: what nobody uses, and no more than this process is allowed. */
export const availableMemory = (): number => Math.min(freemem(), process.availableMemory());

/** Of the engine and the threads, whatever is trained. */
const BASE = 100e6;
/**
 * Times that parameters and states lie in memory: twice to be updated, and for a moment in the arrays they are drawn in, in
 * messages between threads and in files. Up to 7.3 were measured for ResNet-18, 5.8 for its autoencoder.
 */
const COPIES = 7;
/** Share of the available memory that is planned with: others want some too. */
const PLANNED = 0.8;
/** Images of each part of a batch: batch norm takes their variance. */
const LEAST_PART = 2;
/** Beyond this, training gets worse however the learning rate is scaled: Goyal et al. 2017, figure 1. */
const LARGEST_BATCH = 8192;

/**
 * Bytes that a training takes at most: values of its step and of the validation, which the engine keeps for either, variables,
 * and decoded images. An estimate from the graphs alone: what was measured lay between a fifth less and, for the smallest networks, as much more.
 */
export async function trainingMemory(plan: Plan, runtime: Runtime): Promise<number> {
  const { config, network, judges, splits } = plan;
  const step = trainingStep(stepOf(plan));
  const variables = [...step.parameters, ...step.states, ...step.averages.values()];
  const bytes = variables.reduce((sum, variable) => sum + bytesOf(variable), 0);
  const evaluation = tasks[config.task].evaluation(network, { ...config, ...judges });
  const values = (await runtime.memory(step.graph, step)) + (await runtime.memory(evaluation));
  const images = splits.train.source.kind === 'raster' ? 0 : CACHE_BYTES;
  return BASE + COPIES * bytes + values + images;
}

/** The smallest batch that is chosen. */
export const leastBatch = ({ accumulate = 1 }: Pick<TrainOptions, 'accumulate'>): number => LEAST_PART * accumulate;

/** How a batch was chosen. */
export interface BatchChoice {
  readonly batch: number;
  /** Bytes that its training is expected to take. */
  readonly bytes: number;
  /** Bytes that there are. */
  readonly available: number;
}

/**
 * The largest power of two that fits, times the parts that batches are cut into, but no more than leaves an epoch its steps, or than can
 * be trained with.
 * @throws UserError where not even batches of two fit, and for a gan
 */
export async function largestBatch(
  plan: Plan,
  { device, memory }: Pick<RunOptions, 'device' | 'memory'>,
  available = Math.min(availableMemory(), memory ?? Number.POSITIVE_INFINITY),
): Promise<BatchChoice> {
  if (plan.config.generation?.kind === 'gan')
    throw new UserError('the memory that a gan takes cannot be foretold: give the batch yourself');
  const runtime = openRuntime({ device });
  const least = leastBatch(plan.config);
  const most = Math.min(LARGEST_BATCH, sensibleBatch(plan.splits.train.length));
  try {
    for (let batch = least * 2 ** Math.max(0, Math.floor(Math.log2(most / least))); ; batch /= 2) {
      const bytes = await trainingMemory(withBatch(plan, batch, {}), runtime);
      if (bytes <= PLANNED * available) return { batch, bytes, available };
      if (batch <= least)
        throw new UserError(
          `not enough memory: batches of ${batch} are expected to take ${gigabytes(bytes)}, and ${gigabytes(available)} are free; ` +
            'choose a smaller network or size, or give the batch yourself',
        );
    }
  } finally {
    await runtime.close();
  }
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
