/** Asks the server that this page comes from. */
import type { RunAnswer, RunSummary } from '../../../src/serve/runs/schemas.js';
import type { EpochRecord, StepRecord } from '../../../src/train/report/types.js';

export type { EpochRecord, RunAnswer, RunSummary, StepRecord };

/** The server wants a key, or another one. */
export class KeyNeeded extends Error {}
/** What answers is no server of runs, but a web space with files. */
export class NoServer extends Error {}
/** The server is there, and refuses: its own words. */
export class Refused extends Error {}

const KEPT = 'resmirror.key';

/** Kept until the tab is closed. */
export function takeKey(key: string): void {
  try {
    sessionStorage.setItem(KEPT, key);
  } catch {
    // asked for again after a reload
  }
  current = key;
}

let current = ((): string => {
  try {
    return sessionStorage.getItem(KEPT) ?? '';
  } catch {
    return '';
  }
})();

/** Milliseconds after which an answer counts as lost. */
const PATIENCE = 10_000;

async function ask(path: string, { signal, headers, patience = PATIENCE }: Asking): Promise<Response> {
  const limit = AbortSignal.timeout(patience);
  const response = await fetch(new URL(path, document.baseURI), {
    signal: AbortSignal.any([signal, limit]),
    headers: { ...headers, ...(current && { Authorization: `Bearer ${current}` }) },
  });
  if (response.status === 401) throw new KeyNeeded();
  const type = response.headers.get('Content-Type') ?? '';
  const ours = /^(application\/json|text\/event-stream|image\/png)/.test(type);
  if (!ours) throw response.status >= 500 ? new Error(`${response.status}`) : new NoServer();
  if (response.ok) return response;
  const { error } = (await response.json()) as { error: string };
  throw response.status >= 500 ? new Error(error) : new Refused(error);
}

interface Asking {
  readonly signal: AbortSignal;
  readonly headers?: Record<string, string>;
  readonly patience?: number;
}

const addressOf = (name: string) => `v1/runs/${encodeURIComponent(name)}`;

export const listRuns = async (signal: AbortSignal) =>
  (await (await ask('v1/runs', { signal })).json()) as { readonly runs: readonly RunSummary[]; readonly more: boolean };

export const readRun = async (name: string, signal: AbortSignal) =>
  (await (await ask(addressOf(name), { signal })).json()) as RunAnswer;

/** A picture of what the network made after so many steps. */
export interface Sample {
  readonly tag: string;
  readonly step: number;
  readonly id: string;
}

export const listSamples = async (name: string, signal: AbortSignal) =>
  ((await (await ask(`${addressOf(name)}/samples`, { signal })).json()) as { readonly samples: readonly Sample[] })
    .samples;

export const readSample = async (name: string, id: string, signal: AbortSignal) =>
  (await ask(`${addressOf(name)}/samples/${encodeURIComponent(id)}`, { signal })).blob();

/** What came of a run since a byte of its records. */
export interface Appended {
  readonly records: readonly (EpochRecord | StepRecord)[];
  readonly next: number;
  /** Whether what was known before is void. */
  readonly anew: boolean;
}

/** All that is there already, in parts. */
export async function* recorded(name: string, from: number, signal: AbortSignal): AsyncGenerator<Appended> {
  for (let next = from, more = true; more; ) {
    const response = await ask(`${addressOf(name)}/metrics?from=${next}`, { signal });
    const part = (await response.json()) as Appended & { readonly more: boolean };
    ({ next, more } = part);
    yield part;
  }
}

/** A day: streams end when either side wants it. */
const LONG = 86_400_000;

/** What is recorded from now on. Read by hand, as the browser's own EventSource can show no key. */
export async function* followed(name: string, from: number, signal: AbortSignal): AsyncGenerator<Appended> {
  const headers = { 'Last-Event-ID': `${from}` };
  const { body } = await ask(`${addressOf(name)}/events`, { signal, headers, patience: LONG });
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const events = (text + value).split('\n\n');
      text = events.pop()!;
      for (const event of events) {
        const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(event) ?? [];
        if (data) yield { next: Number(id), ...(JSON.parse(data) as Omit<Appended, 'next'>) };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
