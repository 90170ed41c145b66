/** Keeps what the page knows of runs up to date, and says whether it is. */
import { signal } from '@preact/signals';
import {
  type Appended,
  type EpochRecord,
  followed,
  KeyNeeded,
  listRuns,
  NoServer,
  Refused,
  type RunAnswer,
  type RunSummary,
  readRun,
  recorded,
  type StepRecord,
} from './api.js';

export type Connection = 'asking' | 'live' | 'lost' | 'key' | 'absent';
export const connection = signal<Connection>('asking');

/** Milliseconds between looks at what changes slowly, and between tries to reach a server that is gone. */
const PACE = { look: 3000, retry: 1500 };
/** Streams at once: browsers open six connections to a server, and others are needed besides. */
const STREAMS = 3;
let streams = 0;

const wait = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    signal.addEventListener('abort', over);
  });

/** Does the same again and again until the signal, and tells by `connection` how it goes. @param round resolves to the pause after it */
async function untilStopped(signal: AbortSignal, round: () => Promise<number>, refused: (reason: string) => void) {
  while (!signal.aborted) {
    let pause = PACE.retry;
    try {
      pause = await round();
      if (!signal.aborted) connection.value = 'live';
    } catch (error) {
      if (signal.aborted) return;
      connection.value = error instanceof Refused ? 'live' : stateAfter(error);
      if (error instanceof Refused) refused(error.message);
    }
    await wait(pause, signal);
  }
}

/** A server that has answered before is lost for a while, whatever answers in its place. */
function stateAfter(error: unknown): Connection {
  if (error instanceof KeyNeeded) return 'key';
  const before = connection.value;
  const known = before === 'live' || before === 'lost';
  return !known && (error instanceof NoServer || location.protocol === 'file:') ? 'absent' : 'lost';
}

export const runs = signal<readonly RunSummary[] | undefined>(undefined);

/** Follows the list. @returns what ends it */
export function followList(): () => void {
  const controller = new AbortController();
  const round = async () => {
    runs.value = (await listRuns(controller.signal)).runs;
    return PACE.look;
  };
  void untilStopped(controller.signal, round, () => {});
  return () => controller.abort();
}

/** A run as far as it is known. */
export interface Known {
  readonly name: string;
  readonly about?: RunAnswer;
  readonly steps: readonly StepRecord[];
  readonly epochs: readonly EpochRecord[];
  /** Why there is nothing to show. */
  readonly refused?: string;
}

/** Follows a run, and calls back with all of it whenever there is more. @returns what ends it */
export function followRun(name: string, changed: (known: Known) => void): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const records = new Records();
  let about: RunAnswer | undefined;
  const tell = () => signal.aborted || changed({ name, ...(about && { about }), ...records.now });
  const look = async () => {
    about = await readRun(name, signal);
    tell();
    return about.state === 'running';
  };
  const round = async () => {
    const running = await look();
    for await (const part of recorded(name, records.next, signal)) records.add(part);
    tell();
    connection.value = 'live';
    if (!running || streams >= STREAMS) return PACE.look;
    await stream();
    return PACE.retry;
  };
  /** Until the stream ends, or the run. */
  const stream = async () => {
    const ended = new AbortController();
    const timer = setInterval(
      () =>
        void look().then(
          (running) => running || ended.abort(),
          () => ended.abort(),
        ),
      PACE.look,
    );
    streams++;
    try {
      for await (const part of followed(name, records.next, AbortSignal.any([signal, ended.signal]))) {
        records.add(part);
        tell();
      }
    } catch (error) {
      if (!ended.signal.aborted) throw error;
    } finally {
      clearInterval(timer);
      streams--;
    }
  };
  void untilStopped(signal, round, (refused) => changed({ name, steps: [], epochs: [], refused }));
  return () => controller.abort();
}

const isEpoch = (record: EpochRecord | StepRecord): record is EpochRecord => 'trainLoss' in record;

/** Records in their order; what comes again takes the place of what was there. */
class Records {
  private steps: StepRecord[] = [];
  private epochs: EpochRecord[] = [];
  next = 0;

  get now() {
    return { steps: this.steps, epochs: this.epochs };
  }

  add({ records, next, anew }: Appended): void {
    if (anew) [this.steps, this.epochs] = [[], []];
    for (const record of records) {
      if (isEpoch(record)) put(this.epochs, record, 'epoch');
      else put(this.steps, record, 'step');
    }
    this.next = next;
  }
}

function put<K extends string, R extends { readonly [key in K]: number }>(list: R[], record: R, key: K): void {
  while (list.length > 0 && list.at(-1)![key] >= record[key]) list.pop();
  list.push(record);
}
