/** Launchers of this machine, and starting a program of the tests as several ranks. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { userInfo } from 'node:os';

interface LauncherRow {
  readonly commands: readonly string[];
  /** What `--version` says. */
  readonly version: RegExp;
  readonly options: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

const asRoot = userInfo().uid === 0 ? { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' } : {};

export const launchers = {
  'Open MPI': {
    commands: ['mpirun.openmpi', 'mpirun'],
    version: /Open MPI|OpenRTE/,
    options: ['--oversubscribe', '--bind-to', 'none'],
    environment: { ...asRoot, OMPI_MCA_btl_vader_single_copy_mechanism: 'none' }, // containers forbid reading each other's memory
  },
  MPICH: { commands: ['mpirun.mpich', 'mpiexec.hydra'], version: /HYDRA/, options: [], environment: {} },
} as const satisfies Readonly<Record<string, LauncherRow>>;

export type LauncherName = keyof typeof launchers;

/** The command that starts ranks; undefined where it is not installed. */
export function commandOf(name: LauncherName): string | undefined {
  const { commands, version } = launchers[name];
  return commands.find((command) => {
    try {
      return version.test(
        execFileSync(command, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
      );
    } catch {
      return false;
    }
  });
}

/** `test` options: skipped with a message where the launcher is absent. */
export const needing = (name: LauncherName) => ({
  skip: commandOf(name) === undefined && `${name} is not installed (Debian: openmpi-bin, mpich)`,
});

/** Starts a program of Node's as so many ranks. */
export const startRanks = (
  name: LauncherName,
  ranks: number,
  program: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): ChildProcess =>
  spawn(commandOf(name)!, [...launchers[name].options, '-np', `${ranks}`, process.execPath, ...program], {
    env: { ...process.env, ...launchers[name].environment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What became of the ranks that were started. */
export async function ended(job: ChildProcess): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    job[name]!.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  const exitCode = await new Promise<number | null>((resolve) => job.once('close', resolve));
  return { exitCode, ...texts };
}

/** Runs a program of Node's as so many ranks, to its end. */
export const runRanks = (...given: Parameters<typeof startRanks>): Promise<Ended> => ended(startRanks(...given));
