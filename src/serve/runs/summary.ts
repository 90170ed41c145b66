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

/** Runs that are remembered. */
const MOST = 1000;

/** Reads runs, each anew only when its files have changed. */
export class RunReader {
  private readonly known = new Map<string, { readonly key: string; readonly contents: Contents }>();

  /** One that is damaged says why. */
  async read(found: Found): Promise<Run> {
    const files = await Promise.all(FILES.map((file) => changed(found.path, file)));
    const [configured = 0, recorded = 0, reported = 0] = files.map((file) => file?.time);
    const { name } = found;
    const updated = new Date(Math.max(configured, recorded)).toISOString();
    try {
      const { summary, plan, epochs, ...rest } = await this.contents(found, JSON.stringify(files.slice(0, 2)));
      const state = stateOf({ done: epochs, plan, configured, recorded, reported });
      return { ...rest, epochs, summary: { name, state, updated, ...summary } };
    } catch (error) {
      return { summary: { name, state: 'damaged', updated, error: reasonOf(error, found) }, epochs: [] };
    }
  }

  /** @param key says which state of the files it is */
  private async contents(found: Found, key: string): Promise<Contents> {
    const known = this.known.get(found.path);
    if (known?.key === key) return known.contents;
    const contents = await contentsOf(found);
    this.known.delete(found.path);
    this.known.set(found.path, { key, contents });
    if (this.known.size > MOST) this.known.delete(this.known.keys().next().value!);
    return contents;
  }
}

type Contents = Awaited<ReturnType<typeof contentsOf>>;

async function contentsOf({ path }: Found) {
  await Promise.all([checkSize(path, 'config.json'), checkSize(path, 'metrics.jsonl')]);
  const { config, version } = await readRunConfig(path);
  const { epochs } = await readRecords(path);
  const best = bestOf(epochs);
  const figure = figureOf(best ?? {});
  const summary = {
    task: config.task,
    network: networkOf(config.network).name,
    data: basename(config.data),
    epochs: epochs.length,
    planned: config.epochs,
    ...(best && figure && { best: { name: figure.name, text: figure.text, epoch: best.epoch } }),
    curve: thinned(epochs.map(({ validationLoss }) => validationLoss)),
  };
  return { summary, plan: config, config: withoutPaths(config) as object, version, epochs };
}

/** Without the way to the run; what was not written for clients stays untold. */
function reasonOf(error: unknown, { name, path }: Found): string {
  if (error instanceof UserError || error instanceof HttpError)
    return error.message.replaceAll(`${path}/`, '').replaceAll(path, name);
  return `it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'damaged'})`;
}

const FILES = ['config.json', 'metrics.jsonl', 'report.html'] as const;

interface Traces {
  readonly done: readonly EpochRecord[];
  readonly plan: { readonly epochs: number; readonly patience?: number };
  /** When each file was written last. */
  readonly configured: number;
  readonly recorded: number;
  readonly reported: number;
}

/** A run writes its report when it ends, whichever way; a run that was killed just falls silent. */
function stateOf({ done, plan, configured, recorded, reported }: Traces): RunSummary['state'] {
  if (done.length >= plan.epochs) return 'ended';
  if (reported > 0 && reported >= recorded) return outOfPatience(done, plan.patience) ? 'ended' : 'interrupted';
  // steps are recorded as they are taken, so silence is validation, which is shorter than the epoch before it
  const epoch = done.length > 0 ? 1000 * Math.max(...done.map(({ seconds }) => seconds)) : recorded - configured;
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
