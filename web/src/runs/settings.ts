/** Settings of runs by their path: `optimizer.momentum`. */
import type { Known } from './follow.js';

type Entries = readonly (readonly [string, unknown])[];

const entriesOf = (value: unknown, path = ''): Entries =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => entriesOf(inner, path ? `${path}.${key}` : key))
    : [[path, value]];

const written = (value: unknown): string => {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '–';
  return Array.isArray(value) ? value.map(written).join(', ') : String(value);
};

export interface Setting {
  readonly path: string;
  /** One for each run. */
  readonly values: readonly string[];
}

/** Every setting that one of the runs has. */
export function settingsOf(runs: readonly Known[]): readonly Setting[] {
  const all = runs.map(({ about }) => new Map(entriesOf({ ...about?.config, version: about?.version })));
  const paths = new Set(all.flatMap((one) => [...one.keys()]));
  return [...paths].map((path) => ({ path, values: all.map((one) => written(one.get(path))) }));
}

/** Those that are not the same in all; networks of different kinds have no settings that could be compared. */
export function differing(settings: readonly Setting[]): readonly Setting[] {
  const found = settings.filter(({ values }) => new Set(values).size > 1);
  const kinds = found.find(({ path }) => path === 'network.kind');
  return kinds ? found.filter((one) => one === kinds || !one.path.startsWith('network.')) : found;
}
