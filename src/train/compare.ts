/** Several runs side by side: in which settings they differ, and what came of each. */
import { basename, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { networkOf, summarise } from '../models/index.js';
import { type Records, readRecords } from './records/index.js';
import { bestOf } from './report/best.js';
import type { Comparison } from './report/comparison.js';
import { count, decimal, duration, percent } from './report/figures.js';
import type { EpochRecord } from './report/index.js';
import { type RunConfig, readRunConfig } from './run-folder.js';

/** Columns that a table has room for, and colours that can be told apart. */
export const MOST_RUNS = 8;

/** What came of a run. */
export interface RunSummary {
  /** The folder's own name; all of its path where another run has the same. */
  readonly name: string;
  readonly folder: string;
  /** What the network is called. */
  readonly network: string;
  /** What it was trained on. */
  readonly data: string;
  readonly parameters: number;
  /** Epochs done, and epochs planned. */
  readonly epochs: number;
  readonly planned: number;
  /** The epoch whose model was kept; none before the first has ended. */
  readonly best: EpochRecord | undefined;
  /** The smallest loss on the validation split. */
  readonly validationLoss: number | undefined;
  /** Of all epochs. */
  readonly seconds: number;
  /** While training, the mean of all epochs. */
  readonly imagesPerSecond: number | undefined;
}

/** A setting that is not the same in all runs, by its path in `config.json`; absent where a run does not have it. */
export interface Difference {
  readonly setting: string;
  readonly values: readonly unknown[];
}

/** How runs differ, and what came of each. */
export interface RunComparison {
  readonly runs: readonly RunSummary[];
  readonly differences: readonly Difference[];
  /** The same for people. */
  readonly shown: Comparison;
}

/**
 * Reads the runs of 2 to 8 folders, finished or not.
 * @throws UserError for a folder that is no run, is given twice, or is damaged
 */
export async function compareRuns(folders: readonly string[]): Promise<RunComparison> {
  if (folders.length < 2 || folders.length > MOST_RUNS)
    throw new UserError(`expected 2 to ${MOST_RUNS} run folders to compare, got ${folders.length}`);
  const paths = folders.map((folder) => resolve(folder));
  const twice = folders.find((_, i) => paths.indexOf(paths[i]!) < i);
  if (twice !== undefined) throw new UserError(`expected different run folders, got ${twice} twice; leave one out`);
  const read = await Promise.all(
    folders.map(async (folder) => ({ folder, ...(await readRunConfig(folder)), records: await readRecords(folder) })),
  );
  const names = namesOf(folders);
  const runs = read.map((run, i) => summaryOf(run, names[i]!));
  const differences = differencesOf(read);
  const shown = {
    runs: read.map(({ records: { epochs, steps } }, i) => ({ name: names[i]!, history: epochs, steps })),
    figures: FIGURES.map(([label, write]) => ({ label, values: runs.map((run) => write(run) ?? '–') })).filter(
      ({ values }) => values.some((value) => value !== '–'),
    ),
    differences: differences.map(({ setting, values }) => ({ label: setting, values: values.map(written) })),
  };
  return { runs, differences, shown };
}

const namesOf = (folders: readonly string[]): readonly string[] => {
  const names = folders.map((folder) => basename(resolve(folder)));
  return new Set(names).size === names.length ? names : folders;
};

type Run = RunConfig & { readonly folder: string; readonly records: Records };

function summaryOf({ folder, config, records: { epochs } }: Run, name: string): RunSummary {
  const network = networkOf(config.network);
  const sum = (field: 'seconds' | 'imagesPerSecond') => epochs.reduce((total, record) => total + record[field], 0);
  const losses = epochs.map(({ validationLoss }) => validationLoss).filter(Number.isFinite);
  return {
    name,
    folder,
    network: network.name,
    data: basename(config.data),
    parameters: summarise(network).parameters,
    epochs: epochs.length,
    planned: config.epochs,
    best: bestOf(epochs),
    validationLoss: losses.length > 0 ? Math.min(...losses) : undefined,
    seconds: sum('seconds'),
    imagesPerSecond: epochs.length > 0 ? sum('imagesPerSecond') / epochs.length : undefined,
  };
}

const known = <T>(value: T | undefined, write: (value: T) => string): string | undefined =>
  value === undefined ? undefined : write(value);

/** What came of a run, as people read it. */
const FIGURES: readonly (readonly [label: string, write: (run: RunSummary) => string | undefined])[] = [
  ['Network', ({ network }) => network],
  ['Images', ({ data }) => data],
  ['Parameters', ({ parameters }) => count(parameters)],
  ['Best accuracy', ({ best }) => known(best?.accuracy, percent)],
  ['Top 5 then', ({ best }) => known(best?.top5, percent)],
  ['Best PSNR', ({ best }) => known(best?.psnr, (value) => `${value.toFixed(2)} dB`)],
  ['SSIM then', ({ best }) => known(best?.ssim, decimal)],
  ['Best ELBO', ({ best }) => known(best?.elbo, decimal)],
  ['Fréchet distance then', ({ best }) => known(best?.frechet, decimal)],
  ['After epoch', ({ best }) => known(best?.epoch, count)],
  ['Least validation loss', ({ validationLoss }) => known(validationLoss, decimal)],
  ['Epochs', ({ epochs, planned }) => `${count(epochs)} of ${count(planned)}`],
  ['Time', ({ epochs, seconds }) => (epochs > 0 ? duration(seconds) : undefined)],
  ['Images per second', ({ imagesPerSecond }) => known(imagesPerSecond, count)],
];

/** Settings by their path: `optimizer.momentum`. Lists count as one. */
const settingsOf = (value: unknown, path = ''): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => settingsOf(inner, path ? `${path}.${key}` : key))
    : [[path, value]];

function differencesOf(runs: readonly Run[]): Difference[] {
  const settings = runs.map(({ config, version }) => new Map(settingsOf({ ...config, version })));
  const paths = new Set(settings.flatMap((one) => [...one.keys()]));
  return [...paths]
    .map((setting) => ({ setting, values: settings.map((one) => one.get(setting)) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}

const written = (value: unknown): string => {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '–';
  if (Array.isArray(value)) return value.map(written).join(', ');
  return String(value);
};
