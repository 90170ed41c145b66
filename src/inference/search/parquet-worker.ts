/** The thread that reads Parquet: what a damaged file makes the library do there can be stopped. */
import { parentPort, workerData } from 'node:worker_threads';
import { readParquetHere } from './parquet.js';

/** What comes back: the vectors, or why there are none. */
export type ParquetAnswer = { readonly file: Awaited<ReturnType<typeof readParquetHere>> } | { readonly error: string };

parentPort!.postMessage(
  await readParquetHere(workerData as string).then(
    (file): ParquetAnswer => ({ file }),
    (error: Error): ParquetAnswer => ({ error: error.message }),
  ),
);
