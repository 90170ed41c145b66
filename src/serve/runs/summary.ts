/** A run in a few figures, without the names of this machine's folders. */
import { basename } from 'node:path';
import { UserError } from '../../errors.js';
import { networkOf } from '../../models/index.js';
import { readRecords } from '../../train/records/metrics-file.js';
import { bestOf, figureOf } from '../../train/report/best.js';
import type { EpochRecord } from '../../train/report/index.js';
import { readRunConfig } from '../../train/run-folder.js';
import { HttpError } from '../http-error.js';
import { changed, checkSize, type Found } from './folder.js';
import type { RunSummary } from './schemas.js';

export interface Run {
  readonly summary: RunSummary;
  readonly config?: object;
  readonly version?: string;
  readonly epochs: readonly EpochRecord[];
}

const CURVE = 64;

/** Without a new record for so long, a run counts as interrupted: in milliseconds, or as long as an epoch takes. */
const QUIET = 60_000;

/** Reads a run; one that is damaged says why. */
export async function readRun({ name, path }: Found): Promise<Run> {
  const times = await Promise.all(FILES.map((file) => changed(path, file)));
  const [configured = 0, recorded = 0, reported = 0] = times.map((file) => file?.time);
  const updated = new Date(Math.max(configured, recorded)).toISOString();
  try {
    await Promise.all([checkSize(path, 'config.json'), checkSize(path, 'metrics.jsonl')]);
    const { config, version } = await readRunConfig(path);
    const { epochs } = await readRecords(path);
    const best = bestOf(epochs);
    const figure = figureOf(best ?? {});
    const summary = {
      name,
      state: stateOf({ epochs, config, configured, recorded, reported }),
      updated,
      task: config.task,
      network: networkOf(config.network).name,
      data: basename(config.data),
      epochs: epochs.length,
      planned: config.epochs,
      ...(best && figure && { best: { name: figure.name, text: figure.text, epoch: best.epoch } }),
      curve: thinned(epochs.map(({ validationLoss }) => validationLoss)),
    };
    return { summary, config: withoutPaths(config) as object, version, epochs };
  } catch (error) {
    if (!(error instanceof UserError || error instanceof HttpError)) throw error;
    const reason = error.message.replaceAll(`${path}/`, '').replaceAll(path, name);
    return { summary: { name, state: 'damaged', updated, error: reason }, epochs: [] };
  }
}

const FILES = ['config.json', 'metrics.jsonl', 'report.html'] as const;

interface Traces {
  readonly epochs: readonly EpochRecord[];
  readonly config: { readonly epochs: number; readonly patience?: number };
  /** When each file was written last. */
  readonly configured: number;
  readonly recorded: number;
  readonly reported: number;
}

/** A run writes its report when it ends, whichever way; a run that was killed just falls silent. */
function stateOf({ epochs, config, configured, recorded, reported }: Traces): RunSummary['state'] {
  if (epochs.length >= config.epochs) return 'ended';
  if (reported > 0 && reported >= recorded) return outOfPatience(epochs, config.patience) ? 'ended' : 'interrupted';
  // steps are recorded as they are taken, so silence is validation, which is shorter than the epoch before it
  const epoch = epochs.length > 0 ? 1000 * Math.max(...epochs.map(({ seconds }) => seconds)) : recorded - configured;
  return Date.now() - Math.max(configured, recorded) > Math.max(QUIET, epoch) ? 'interrupted' : 'running';
}

const outOfPatience = (epochs: readonly EpochRecord[], patience = Number.POSITIVE_INFINITY): boolean =>
  epochs.length - (bestOf(epochs)?.epoch ?? 0) >= patience;

/** At most 64 values, evenly spread, the last among them. */
const thinned = (values: readonly number[]): number[] =>
  values.length <= CURVE
    ? [...values]
    : Array.from({ length: CURVE }, (_, i) => values[Math.round((i * (values.length - 1)) / (CURVE - 1))]!);

/** Settings that name files. */
const PATHS = new Set(['data', 'classifier', 'model']);

function withoutPaths(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPaths);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      PATHS.has(key) && typeof inner === 'string' ? basename(inner) : withoutPaths(inner),
    ]),
  );
}
