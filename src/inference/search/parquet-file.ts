/** Reading Parquet within limits of time and memory: the library believes what a file says of itself. */
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { UserError } from '../../errors.js';
import type { ParquetAnswer } from './parquet-worker.js';
import type { VectorsFile } from './vectors-file.js';

/** Milliseconds until the library is taken to turn in circles: so many whatever the file, and so many for each million bytes. */
const [PATIENCE, PER_MEGABYTE] = [15_000, 1000];
/** Megabytes that the thread's objects may take. */
const HEAP = 2048;

/** @throws UserError for files that are damaged, or of other columns */
export async function readParquet(path: string): Promise<VectorsFile> {
  const fail = (reason: string) => new UserError(`Cannot read ${path}: ${reason}.`);
  const kind = await stat(path).catch(() => undefined);
  if (!kind?.isFile()) throw fail('there is no such file');
  const patience = PATIENCE + (PER_MEGABYTE * kind.size) / 1e6;
  const worker = new Worker(new URL('./parquet-worker.js', import.meta.url), {
    name: 'resmirror parquet',
    workerData: path,
    execArgv: [], // flags of the main program (--input-type with -e) would stop the thread from loading
    resourceLimits: { maxOldGenerationSizeMb: HEAP },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<VectorsFile>((resolve, reject) => {
      timer = setTimeout(() => reject(fail(`that takes longer than ${Math.round(patience / 1000)} seconds`)), patience);
      worker.on('message', (answer: ParquetAnswer) =>
        'file' in answer ? resolve(answer.file) : reject(new UserError(answer.error)),
      );
      worker.on('error', ({ message }: Error) => reject(fail(`as Parquet: ${message}`)));
      worker.on('exit', () => reject(fail('as Parquet: the library gave up')));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
