/** The folder of a run and its configuration; checkpoints, records and the report have files of their own. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { validated } from '../schema.js';
import { writeAtomically } from '../weights/index.js';
import { TrainConfig } from './config.js';

const CONFIG = 'config.json';

/** What `config.json` holds. */
export interface RunConfig {
  /** The command line that started the run. */
  readonly command: string;
  readonly version: string;
  readonly config: TrainConfig;
}

/** A new folder for a run. @throws UserError when there is a run already, which would be lost. */
export async function createRunFolder(folder: string, run: RunConfig): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `cannot make the run folder ${folder}: ${error.code === 'EEXIST' ? 'a file of that name is in the way' : error.message}`,
    );
  });
  await refuseRun(folder);
  await writeAtomically(join(folder, CONFIG), `${JSON.stringify(run, null, 2)}\n`);
}

/** @throws UserError when there is a run already. */
export async function refuseRun(folder: string): Promise<void> {
  const files = await readdir(folder).catch((): string[] => []);
  if (files.includes(CONFIG))
    throw new UserError(`${folder} holds a run already: continue it with --resume ${folder}, or choose another --out`);
}

/** The configuration of a run. @throws UserError for a folder that is none. */
export async function readRunConfig(folder: string): Promise<RunConfig> {
  const text = await readFile(join(folder, CONFIG), 'utf8').catch(() => {
    throw new UserError(`${folder} is no run: it holds no ${CONFIG}`);
  });
  try {
    const { config, ...rest } = JSON.parse(text) as RunConfig;
    return { ...rest, config: validated(TrainConfig, config, 'the configuration of a run') };
  } catch (error) {
    throw new UserError(`${join(folder, CONFIG)} is damaged: ${(error as Error).message}`);
  }
}
