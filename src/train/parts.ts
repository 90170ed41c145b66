/** A network in parts, as transfer learning speaks of it: its stages with what precedes each, and the rest. */
import type { ParameterValue, Value } from '../graph/index.js';
import { parametersOf } from '../graph/index.js';
import { buildNetwork, type Network } from '../models/index.js';

/** Names of the parameters of each stage, and last of what follows the stages. */
export function partsOf(network: Network): readonly ReadonlySet<string>[] {
  const { build, y } = buildNetwork(network, { batch: 2 });
  const seen = new Set<string>();
  return [...build.boundaries, y].map((end) => {
    const own = namesIn(end).filter((name) => !seen.has(name));
    for (const name of own) seen.add(name);
    return new Set(own);
  });
}

const namesIn = (value: Value) => parametersOf({ name: 'part', outputs: { value } }).map(({ source }) => source.name);

/** Whether a parameter is among those of the first stages. */
export function inFirstStages(network: Network, stages: number): (name: string) => boolean {
  const names = new Set(
    partsOf(network)
      .slice(0, stages)
      .flatMap((part) => [...part]),
  );
  return (name) => names.has(name);
}

/** The last part learns at the full rate, each before it at `decay` times the rate of the next: Howard & Ruder 2018, section 3.2. */
export function decayedRates(network: Network, decay: number): (parameter: ParameterValue) => number {
  const parts = partsOf(network);
  return ({ source }) => {
    const index = parts.findIndex((part) => part.has(source.name));
    return index < 0 ? 1 : decay ** (parts.length - 1 - index);
  };
}
