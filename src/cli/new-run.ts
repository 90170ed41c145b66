/** Folders for runs that nobody has named. */
import { access } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isShards, shardsName } from '../data/shards/pattern.js';

/** `runs/<name>-<n>` with the first n that is free, below the working directory. */
export async function newRun(name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const folder = join('runs', `${name}-${n}`);
    const taken = await access(folder).then(
      () => true,
      () => false,
    );
    if (!taken) return folder;
  }
}

/** What a data set is called in the name of a run: its folder, `drawn` for `drawn:4000`, `photos` for `photos-{000..127}.tar`. */
export const dataName = (data: string): string =>
  isShards(data) ? shardsName(data) : basename(resolve(data.replace(/^(drawn):\d+$/, '$1')));
