/** A server asked for a long time, by good clients and by bad ones: what became of its memory, and of all questions. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Found, measure, type Question } from './load.js';

export interface Memory {
  /** MB after full collections. */
  readonly heap: number;
  readonly external: number;
  readonly rss: number;
  /** Answers of 500. */
  readonly failures: number;
}

export interface Soaked {
  /** After a warm-up of a tenth of the time, and at the end. */
  readonly memory: readonly [Memory, Memory];
  readonly found: Found;
  /** Requests of bad clients: cut off, damaged, or gone before the answer. */
  readonly bad: number;
}

export interface Soak {
  /** Of a model, which is asked under the name `model`. */
  readonly path: string;
  readonly questions: readonly Question[];
  readonly seconds: number;
  readonly threads: number;
}

const CONNECTIONS = 8;
/** Milliseconds between requests of bad clients. */
const PAUSE = 20;

export async function soak({ path, questions, seconds, threads }: Soak): Promise<Soaked> {
  const script = fileURLToPath(new URL('./soaked.js', import.meta.url));
  const server = fork(script, [path, `${threads}`], { execArgv: ['--expose-gc'] });
  try {
    const [url] = (await once(server, 'message')) as [string];
    const load = (seconds: number) => measure({ url, questions, seconds, load: { connections: CONNECTIONS } });
    const memory = async () => {
      server.send('memory');
      return ((await once(server, 'message')) as [Memory])[0];
    };
    await Promise.all([load(seconds / 10), misbehave(url, questions, seconds / 10)]);
    const before = await memory();
    const [found, bad] = await Promise.all([load(seconds), misbehave(url, questions, seconds)]);
    return { memory: [before, await memory()], found, bad };
  } finally {
    server.kill('SIGKILL');
  }
}

/** Asks with pieces of questions, and hangs up at odd moments; how often. */
async function misbehave(url: string, questions: readonly Question[], seconds: number): Promise<number> {
  const end = performance.now() + 1000 * seconds;
  let asked = 0;
  while (performance.now() < end) {
    const { path, headers, body } = questions[asked % questions.length]!;
    const signal = AbortSignal.timeout(asked % 3 === 0 ? 1 + (asked % 30) : 10_000);
    const piece = body.slice(0, asked % 2 === 0 ? body.length : Math.floor(body.length / 3));
    await fetch(`${url}${path}`, { method: 'POST', headers, body: piece, signal })
      .then((response) => response.arrayBuffer())
      .catch(() => {}); // its own doing
    asked++;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  return asked;
}
