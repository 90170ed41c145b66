/** The training under way: it goes on while other parts of the page are looked at. */
import { computed, effect, signal } from '@preact/signals';
import type { MemoryOptions } from '../../../src/train/in-memory.js';
import type { EpochRecord } from '../../../src/train/report/types.js';
import type { Evaluation } from '../../../src/train/tasks/index.js';
import { engineBeside } from '../../../src/web-folder/engine-names.js';
import type { Text } from '../language.js';
import { inEveryLanguage, reasonIn, type Why } from '../reasons.js';
import type { Begun, News, Order, Source } from './messages.js';

export type Phase = 'choosing' | 'reading' | 'preparing' | 'training' | 'stopped' | 'ended' | 'failed';

export const phase = signal<Phase>('choosing');
export const reading = signal({ done: 0, of: 0 });
/** Files that could not be read. */
export const skipped = signal<readonly string[]>([]);
export const begun = signal<Begun | undefined>(undefined);
export const failure = signal<Text>(inEveryLanguage(''));
/** Images per second. */
export const speed = signal(0);
/** Losses of all steps. */
export const losses = signal<readonly number[]>([]);
export const records = signal<readonly EpochRecord[]>([]);
export const best = signal<{ readonly epoch: number; readonly evaluation: Evaluation } | undefined>(undefined);
/** Epoch of the last step. */
export const epoch = signal(1);

export const busy = computed(() => !['choosing', 'ended', 'failed'].includes(phase.value));

let worker: Worker | undefined;
/** Who waits for an answer, by its number; the model's is 0. */
const waiting = new Map<number, (news: News) => void>();
let questions = 0;

const tell = (order: Order) => worker?.postMessage(order);

export function begin(source: Source, options: MemoryOptions): void {
  leave();
  phase.value = 'classes' in source ? 'reading' : 'preparing';
  worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'training' });
  worker.onmessage = ({ data }: MessageEvent<News>) => (heard[data.kind] as (news: News) => void)(data);
  worker.onerror = ({ message }) => {
    best.value = undefined; // nobody is there to hand it over
    fail({ reason: message || 'its script could not be fetched' });
  };
  tell({ kind: 'begin', source, options, engine: engineBeside(document.baseURI, 'cpu') });
}

/** Ends what is under way and forgets it; the images stay. */
export function leave(): void {
  worker?.terminate();
  worker = undefined;
  waiting.clear();
  phase.value = 'choosing';
  reading.value = { done: 0, of: 0 };
  skipped.value = [];
  begun.value = undefined;
  failure.value = inEveryLanguage('');
  losses.value = [];
  speed.value = 0;
  records.value = [];
  best.value = undefined;
  epoch.value = 1;
}

export const stop = (): void => tell({ kind: 'stop' });

export function go(): void {
  phase.value = 'training';
  tell({ kind: 'go' });
}

/** The bytes of the best model. */
export async function model(): Promise<Uint8Array<ArrayBuffer>> {
  const news = await answered(0, { kind: 'model' });
  if (news.kind !== 'model') throw new Error('there is no model yet');
  return news.bytes;
}

/** Probabilities of the classes. @throws Error with the reason where the file cannot be read */
export async function classify(file: Blob): Promise<readonly number[]> {
  const id = ++questions;
  const news = await answered(id, { kind: 'classify', id, file });
  if (news.kind !== 'classified' || !news.probabilities) throw new Error('reason' in news ? news.reason : '');
  return news.probabilities;
}

const answered = (id: number, order: Order): Promise<News> =>
  new Promise((resolve) => {
    waiting.set(id, resolve);
    tell(order);
  });

function answer(id: number, news: News): void {
  waiting.get(id)?.(news);
  waiting.delete(id);
}

/** What was the best before can still be downloaded. */
function fail(why: Why): void {
  if (!best.value) worker?.terminate();
  failure.value = reasonIn(why);
  phase.value = 'failed';
}

const heard: { readonly [K in News['kind']]: (news: Extract<News, { kind: K }>) => void } = {
  reading: ({ done, of }) => {
    reading.value = { done, of };
    if (done === of) phase.value = 'preparing';
  },
  skipped: ({ file }) => {
    skipped.value = [...skipped.value, file];
  },
  begun: (news) => {
    begun.value = news;
    phase.value = 'training';
  },
  step: (news) => {
    losses.value = [...losses.value, news.loss];
    speed.value = news.imagesPerSecond;
    epoch.value = news.epoch;
  },
  epoch: (news) => {
    records.value = [...records.value, news.record];
    if (news.best) best.value = { epoch: news.record.epoch, evaluation: news.evaluation };
  },
  stopped: () => {
    phase.value = 'stopped';
  },
  ended: () => {
    phase.value = 'ended';
  },
  model: (news) => answer(0, news),
  classified: (news) => answer(news.id, news),
  failed: fail,
};

const asked = (event: BeforeUnloadEvent) => event.preventDefault();

// a training that took an hour is not to be lost by a key pressed by mistake
effect(() => {
  if (busy.value) addEventListener('beforeunload', asked);
  else removeEventListener('beforeunload', asked);
});
