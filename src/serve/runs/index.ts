/** Runs behind HTTP: what is in the folder of runs, and what a training adds to it while it goes on. */
import * as v from 'valibot';
import { listPictures, readPicture } from '../../train/records/tensorboard/pictures.js';
import { HttpError } from '../http-error.js';
import { json, type Operation } from '../operation.js';
import { EventStreams } from './events.js';
import { findRun, findRuns } from './folder.js';
import { appendedSince } from './lines.js';
import { RunAnswer, RunsAnswer, SamplesAnswer, Since, SinceAnswer } from './schemas.js';
import { RunReader } from './summary.js';

export interface Runs {
  readonly operations: readonly Operation[];
  /** Ends the streams of events. */
  readonly close: () => void;
}

/** @param folder whose folders are runs; without one, there are none */
export function runsIn(folder: string | undefined): Runs {
  const streams = new EventStreams();
  const reader = new RunReader();
  const find = (name: string | undefined) => {
    if (folder === undefined) throw new HttpError(404, 'this server was started without a folder of runs');
    return findRun(folder, name!);
  };
  const operations: Operation[] = [
    {
      method: 'GET',
      path: '/v1/runs',
      summary: 'The runs, the last changed first',
      answer: { 'application/json': RunsAnswer },
      run: async () => {
        const { runs, more } = folder === undefined ? { runs: [], more: false } : await findRuns(folder);
        const summaries = [];
        for (const run of runs) summaries.push((await reader.read(run)).summary);
        return fresh({ runs: summaries.sort((a, b) => b.updated.localeCompare(a.updated)), more });
      },
    },
    {
      method: 'GET',
      path: '/v1/runs/{name}',
      summary: 'A run: its configuration and its epochs',
      answer: { 'application/json': RunAnswer },
      run: async ({ params }) => {
        const { summary, ...rest } = await reader.read(await find(params.name));
        return fresh({ ...summary, ...rest, done: rest.epochs.length });
      },
    },
    {
      method: 'GET',
      path: '/v1/runs/{name}/metrics',
      summary: 'What a run has recorded since a byte of its metrics.jsonl',
      query: Since,
      answer: { 'application/json': SinceAnswer },
      errors: [400, 413],
      run: async ({ params, query }) => {
        const { path } = await find(params.name);
        return fresh(await appendedSince(path, byteOf(query.get('from'))));
      },
    },
    {
      method: 'GET',
      path: '/v1/runs/{name}/events',
      summary: 'What a run records, as it does so; Last-Event-ID or `from` is the byte to go on from',
      query: Since,
      answer: { 'text/event-stream': 'data: {"records": [...], "anew": false}' },
      errors: [400, 503],
      run: async ({ params, query, request }) => {
        const { path } = await find(params.name);
        return streams.of(path, byteOf(request.headers.get('Last-Event-ID') ?? query.get('from')));
      },
    },
    {
      method: 'GET',
      path: '/v1/runs/{name}/samples',
      summary: 'Pictures of what the network made after each epoch, where train --tensorboard keeps them',
      answer: { 'application/json': SamplesAnswer },
      run: async ({ params }) => fresh({ samples: await listPictures((await find(params.name)).path) }),
    },
    {
      method: 'GET',
      path: '/v1/runs/{name}/samples/{id}',
      summary: 'One of these pictures',
      answer: { 'image/png': 'rows of pictures' },
      run: async ({ params }) => {
        const png = await readPicture((await find(params.name)).path, params.id!);
        if (!png)
          throw new HttpError(404, 'there is no picture of this id; GET /v1/runs/NAME/samples lists what there is');
        return new Response(new Uint8Array(png), {
          headers: { 'Content-Type': 'image/png', 'Cache-Control': 'no-cache' },
        });
      },
    },
  ];
  return { operations, close: () => streams.close() };
}

const fresh = (value: object): Response => json(value, { headers: { 'Cache-Control': 'no-store' } });

function byteOf(text: string | null): number {
  const byte = v.safeParse(Since.entries.from, text ?? '0');
  if (byte.success) return Number(byte.output);
  throw new HttpError(400, `expected a byte of metrics.jsonl, from 0, got '${text?.slice(0, 40)}'`);
}
