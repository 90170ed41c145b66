/** The training under way: it goes on while other parts of the page are looked at. */
import { computed, effect, signal } from '@preact/signals';
import type { EpochRecord, Reconstruction, StepRecord } from '../../../src/train/report/types.js';
import type { Evaluation } from '../../../src/train/tasks/index.js';
import type { Text } from '../language.js';
import { inEveryLanguage, reasonIn, type Why } from '../reasons.js';
import type { Answer, Begun, ModelFormat, News, Order, Source, Wanted } from './messages.js';
import { spacing, thinned } from './thinned.js';

export type Phase = 'choosing' | 'reading' | 'preparing' | 'training' | 'stopped' | 'ended' | 'failed';

export const phase = signal<Phase>('choosing');
export const reading = signal({ done: 0, of: 0 });
/** Files that could not be read. */
export const skipped = signal<readonly string[]>([]);
/** What people call the network. */
export const network = signal('');
export const begun = signal<Begun | undefined>(undefined);
export const failure = signal<Text>(inEveryLanguage(''));
/** The last step. */
export const now = signal<StepRecord | undefined>(undefined);
/** Steps so far; of many, some. */
export const steps = signal<readonly StepRecord[]>([]);
export const records = signal<readonly EpochRecord[]>([]);
export const best = signal<{ readonly epoch: number; readonly evaluation: Evaluation } | undefined>(undefined);
/** Of the last epoch of an autoencoder. */
export const reconstructions = signal<readonly Reconstruction[]>([]);

export const busy = computed(() => !['choosing', 'ended', 'failed'].includes(phase.value));

let worker: Worker | undefined;
/** Who waits for an answer, by its number. */
const waiting = new Map<number, (news: News) => void>();
let questions = 0;
/** Steps that are not shown yet: the page is drawn a few times a second, however quick they are. */
let pending: StepRecord[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
const PACE = 200;

const tell = (order: Order) => worker?.postMessage(order);

export function begin(source: Source, wanted: Wanted & { readonly network: string }): void {
  leave();
  const { network: called, ...what } = wanted;
  network.value = called;
  phase.value = 'drawn' in source ? 'preparing' : 'reading';
  worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'training' });
  worker.onmessage = ({ data }: MessageEvent<News>) => (heard[data.kind] as (news: News) => void)(data);
  worker.onerror = ({ message }) => {
    best.value = undefined; // nobody is there to hand it over
    fail({ reason: message || 'its script could not be fetched' });
  };
  tell({ kind: 'begin', source, page: document.baseURI, ...what });
}

/** Ends what is under way and forgets it; the images stay. */
export function leave(): void {
  worker?.terminate();
  worker = undefined;
  waiting.clear();
  clearTimeout(timer);
  timer = undefined;
  pending = [];
  phase.value = 'choosing';
  reading.value = { done: 0, of: 0 };
  skipped.value = [];
  begun.value = undefined;
  failure.value = inEveryLanguage('');
  now.value = undefined;
  steps.value = [];
  records.value = [];
  best.value = undefined;
  reconstructions.value = [];
}

export const stop = (): void => tell({ kind: 'stop' });

export function go(): void {
  phase.value = 'training';
  tell({ kind: 'go' });
}

/** The bytes of the best model. */
export async function model(format: ModelFormat): Promise<Uint8Array<ArrayBuffer>> {
  const news = await answered((id) => ({ kind: 'model', id, format }));
  if (news.kind !== 'model' || !news.bytes) throw new Error('there is no model yet');
  return news.bytes;
}

/** What the network makes of an image; nothing of a file that cannot be read. */
export async function ask(file: Blob): Promise<Answer | undefined> {
  const news = await answered((id) => ({ kind: 'ask', id, file }));
  return news.kind === 'answer' ? news.answer : undefined;
}

function answered(order: (id: number) => Order): Promise<News> {
  const id = ++questions;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    tell(order(id));
  });
}

function answer(news: Extract<News, { id: number }>): void {
  waiting.get(news.id)?.(news);
  waiting.delete(news.id);
}

/** What was the best before can still be downloaded. */
function fail(why: Why): void {
  if (!best.value) worker?.terminate();
  for (const settle of waiting.values()) settle({ kind: 'failed', ...why });
  waiting.clear();
  failure.value = reasonIn(why);
  phase.value = 'failed';
}

/** Shows the steps that came since. */
function show(): void {
  clearTimeout(timer);
  timer = undefined;
  if (pending.length === 0) return;
  const space = spacing(pending.at(-1)!.step);
  now.value = pending.at(-1);
  steps.value = thinned([...steps.value, ...pending], space);
  pending = [];
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
  step: ({ step, epoch, loss, learningRate, imagesPerSecond }) => {
    pending.push({ step, epoch, loss, learningRate, imagesPerSecond });
    timer ??= setTimeout(show, PACE);
  },
  epoch: (news) => {
    show();
    records.value = [...records.value, news.record];
    reconstructions.value = news.reconstructions ?? [];
    if (news.best) best.value = { epoch: news.record.epoch, evaluation: news.evaluation };
  },
  stopped: () => {
    show();
    phase.value = 'stopped';
  },
  ended: () => {
    show();
    phase.value = 'ended';
  },
  model: answer,
  answer,
  failed: (why) => {
    show();
    fail(why);
  },
};

const asked = (event: BeforeUnloadEvent) => event.preventDefault();

// a training that took an hour is not to be lost by a key pressed by mistake
effect(() => {
  if (busy.value) addEventListener('beforeunload', asked);
  else removeEventListener('beforeunload', asked);
});
