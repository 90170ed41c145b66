/**
 * The load generator, a program of its own: asks a server over and over, and checks every answer against the one that its question has.
 * Closed loop: so many connections, each asks again when it is answered, or when a refusal said that it may. Open loop: questions arrive at a rate, however long answers
 * take, and latency counts from the moment when a question was due.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

export interface Question {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** All numbers of a binary tensor, or the best classes of an image. */
  readonly expected: Float32Array | readonly { readonly label: string; readonly probability: number }[];
}

export interface Plan {
  readonly url: string;
  readonly questions: readonly Question[];
  readonly seconds: number;
  /** Seconds before these, in which the load is the same and nothing counts; none by default. */
  readonly lead?: number;
  readonly load: { readonly connections: number } | { readonly rate: number };
}

export interface Found {
  /** Milliseconds of each right answer. */
  readonly latencies: readonly number[];
  readonly asked: number;
  /** 503 with Retry-After. */
  readonly refused: number;
  /** Milliseconds of each of these. */
  readonly refusals: readonly number[];
  /** Answers that belong to another question, or to none. */
  readonly wrong: number;
  /** Other statuses and broken connections: what -> how often. */
  readonly errors: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Seconds of CPU time of the generator. */
  readonly cpu: number;
}

/** How far numbers of the same image may lie apart, by rounding in batches of other sizes. */
export const TOLERANCE = 5e-5;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export function ask(url: string, { path, headers, body }: Omit<Question, 'expected'>, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, {
      method: 'POST',
      agent,
      headers: { ...headers, 'Content-Length': body.length },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    sent.end(body);
  });
}

/** What an answer says: the numbers behind the JSON, or the best classes. */
export function said({ headers, body }: Answer): Question['expected'] {
  const length = headers['inference-header-content-length'];
  if (length !== undefined) return new Float32Array(new Uint8Array(body.subarray(Number(length))).buffer);
  const { results } = JSON.parse(body.toString()) as {
    results: { classes: { label: string; probability: number }[] }[];
  };
  return results[0]!.classes;
}

/** Whether two answers are of one image. */
export function same(a: Question['expected'], b: Question['expected']): boolean {
  const [left, right] = [a, b].map((one) =>
    one instanceof Float32Array ? one : one.map(({ probability }) => probability),
  );
  return left!.length === right!.length && left!.every((value, i) => Math.abs(value - right![i]!) <= TOLERANCE);
}

async function run({ url, questions, seconds, lead = 0, load }: Plan): Promise<Found> {
  const agent = new Agent({ keepAlive: true, maxSockets: 'connections' in load ? load.connections : 900 });
  const found = { latencies: [] as number[], refusals: [] as number[], asked: 0, refused: 0, wrong: 0 };
  const errors: Record<string, number> = {};
  const count = (what: string) => {
    errors[what] = (errors[what] ?? 0) + 1;
  };
  const start = performance.now();
  const from = start + 1000 * lead;
  const before = process.cpuUsage();
  let number = 0;
  const once = async (due: number): Promise<void> => {
    const question = questions[number++ % questions.length]!;
    const counts = due >= from;
    if (counts) found.asked++;
    try {
      const answer = await ask(url, question, agent);
      const took = performance.now() - due;
      if (!counts) return;
      if (answer.status === 200 && same(said(answer), question.expected)) found.latencies.push(took);
      else if (answer.status === 200) found.wrong++;
      else if (answer.status === 503 && answer.headers['retry-after']) {
        found.refused++;
        found.refusals.push(took);
        if ('connections' in load)
          await new Promise((go) => setTimeout(go, 1000 * Number(answer.headers['retry-after'])));
      } else count(`${answer.status}`);
    } catch (error) {
      if (counts) count((error as NodeJS.ErrnoException).code ?? String(error));
    }
  };
  const end = from + 1000 * seconds;
  if ('connections' in load)
    await Promise.all(
      Array.from({ length: load.connections }, async () => {
        while (performance.now() < end) await once(performance.now());
      }),
    );
  else await Promise.all(await arrivals(load.rate, start, end, once));
  const { user, system } = process.cpuUsage(before);
  agent.destroy();
  return { ...found, errors, seconds: (performance.now() - from) / 1000, cpu: (user + system) / 1e6 };
}

/** Arrivals of a Poisson process: gaps of exponential length. */
async function arrivals(rate: number, start: number, end: number, once: (due: number) => Promise<void>) {
  const all: Promise<void>[] = [];
  for (let due = start; due < end; due += (-Math.log(1 - Math.random()) / rate) * 1000) {
    const left = due - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    all.push(once(due));
  }
  return all;
}

/** Runs a plan in a process of its own. */
export async function measure(plan: Plan): Promise<Found> {
  const child = fork(fileURLToPath(import.meta.url), ['--child'], { serialization: 'advanced' });
  child.send(plan);
  const [found] = (await once(child, 'message')) as [Found];
  child.disconnect();
  return found;
}

if (process.argv[2] === '--child') process.on('message', async (plan: Plan) => process.send!(await run(plan)));
