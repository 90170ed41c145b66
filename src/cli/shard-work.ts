/** Commands that go through shards, alone or as one of several processes, and leave results for each. */
import { InvalidArgumentError } from 'commander';
import { launcherIn } from '../communicator/mpi/launcher.js';
import type { Dataset } from '../data/dataset.js';
import type { ShardPart, ShardWork, Worked } from '../data/shards/work.js';
import type { Share } from '../data/share.js';
import { option } from './command.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';
import { StatusLine } from './status-line.js';
import type { Terminal } from './terminal.js';

/** The share of this process as its launcher says; all of the work where there is none. No MPI is loaded for it. */
function launchedShare(environment: NodeJS.ProcessEnv): Share {
  const { rank = 0, size = 1 } = launcherIn(environment) ?? {};
  return size > 1 ? { rank, size } : { rank: 0, size: 1 };
}

function share(text: string): Share {
  const [, part, size] = /^(\d+)\/(\d+)$/.exec(text.trim())?.map(Number) ?? [];
  if (part && size && part <= size) return { rank: part - 1, size };
  throw new InvalidArgumentError('Expected which part of how many, such as 1/4 to 4/4.');
}

export const shareOption = option(
  '--part <k/n>',
  'with --out: only the k-th of n parts, as other processes do the others',
  {
    parse: share,
    usual: 'what mpirun or srun says',
    group: 'Run',
  },
);

/** All images of shards named on the command line, split by split. */
export async function shardImages(data: readonly string[], terminal: Terminal): Promise<readonly Dataset[]> {
  const [pattern, ...more] = data;
  if (pattern === undefined || more.length > 0) throw usageError('expected one pattern or folder of shards with --out');
  const { openData } = await import('../data/dataset.js');
  const { train, validation, test, warnings } = await openData(pattern, { task: 'reconstruct', validationFraction: 0 });
  for (const warning of warnings) terminal.warn(warning);
  return [train, ...(validation === train ? [] : [validation]), ...(test ? [test] : [])];
}

interface Sharing {
  /** As it was asked for. */
  readonly share: Share | undefined;
  readonly terminal: Terminal;
}

/** Has this process's share of some work done, and says what came of it. */
export async function sharing<T extends { readonly worked: Worked<object> }>(
  { share: asked, terminal }: Sharing,
  work: (given: Required<Pick<ShardWork<never>, 'share' | 'onShard'>>) => Promise<T>,
): Promise<T> {
  const share = asked ?? launchedShare(process.env);
  const line = new StatusLine();
  const onShard = ({ name }: ShardPart, done: number, of: number) => {
    const text = () => `${name}: shard ${done + 1} of ${of}`;
    line.update(text, text);
  };
  const result = await work({ share, onShard }).finally(() => line.clear());
  const { done, before, failed, index } = result.worked;
  for (const { shard, reason } of failed) terminal.warn(`${shard} is not done: ${reason}`);
  const part = share.size > 1 ? `Part ${share.rank + 1} of ${share.size}: ` : '';
  terminal.print(`${part}${counted(done, 'shard')} done${before > 0 ? `, ${counted(before, 'shard')} before` : ''}`);
  if (index) terminal.print(`Index  ${index.path}`);
  else
    terminal.print(failed.length > 0 ? 'The same command tries again what failed.' : 'The last part writes the index.');
  return result;
}

/** Does this process's share of work on shards. */
export async function workOnShards<Result extends object>(
  parts: readonly ShardPart[],
  { share, terminal, ...work }: Omit<ShardWork<Result>, 'share' | 'onShard'> & Sharing,
): Promise<Worked<Result>> {
  const { workThrough } = await import('../data/shards/work.js');
  const { worked } = await sharing({ share, terminal }, async (given) => ({
    worked: await workThrough<Result>(parts, { ...work, ...given }),
  }));
  return worked;
}

/** What of it goes to programs, and the exit code. */
export const outcomeOf = <Result>({ done, before, failed, index }: Worked<Result>) => ({
  json: { done, before, failed, ...(index && { index: index.path }) },
  ...(failed.length > 0 && { exitCode: 1 }),
});
