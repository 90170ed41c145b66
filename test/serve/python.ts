/** Debian's Python, where it has the packages that a client of others needs. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const PROGRAMS = ['/usr/bin/python3', 'python3'];

/** The first Python that imports these; nothing where there is none. */
export const pythonWith = (...modules: readonly string[]): string | undefined =>
  PROGRAMS.find(
    (program) => spawnSync(program, ['-c', `import ${modules.join(', ')}`], { timeout: 60_000 }).status === 0,
  );

/** What it prints, as JSON. */
export async function printed(program: string, args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(program, [...args], { timeout: 120_000 });
  return JSON.parse(stdout);
}
