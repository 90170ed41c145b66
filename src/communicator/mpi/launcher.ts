/** Who started this process as one of several: launchers tell by variables of the environment. */
import type { AbiName } from './abis.js';

interface LauncherRow {
  readonly name: string;
  /** Variables that it sets; absent `size`: it does not tell. */
  readonly rank: string;
  readonly size?: string;
  /** Libraries that it goes with, the likeliest first. */
  readonly abis: readonly AbiName[];
}

/** The first whose rank is set counts: launchers inside Slurm set Slurm's variables too. */
const launchers: readonly LauncherRow[] = [
  {
    name: 'mpirun of Open MPI',
    rank: 'OMPI_COMM_WORLD_RANK',
    size: 'OMPI_COMM_WORLD_SIZE',
    abis: ['openmpi', 'standard'],
  },
  { name: 'mpirun of MPICH', rank: 'PMI_RANK', size: 'PMI_SIZE', abis: ['mpich', 'standard', 'openmpi'] },
  { name: 'PMIx', rank: 'PMIX_RANK', abis: ['openmpi', 'mpich', 'standard'] },
  // SLURM_PROCID alone is set in batch scripts too, outside of steps that srun starts
  { name: 'srun', rank: 'SLURM_PROCID', size: 'SLURM_STEP_NUM_TASKS', abis: ['openmpi', 'mpich', 'standard'] },
];

export interface Launcher {
  readonly name: string;
  /** Of this process, from 0. */
  readonly rank: number;
  /** Processes that it started; undefined where it does not tell. */
  readonly size: number | undefined;
  readonly abis: readonly AbiName[];
}

/** The launcher of this process; none where it was started alone. */
export function launcherIn(environment: NodeJS.ProcessEnv): Launcher | undefined {
  const row = launchers.find(({ rank, size }) => environment[rank] && (!size || environment[size]));
  if (!row) return undefined;
  const size = row.size && Number(environment[row.size]);
  return { name: row.name, rank: Number(environment[row.rank]), size: size || undefined, abis: row.abis };
}
