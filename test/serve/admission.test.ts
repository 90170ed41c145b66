/** Who is let in under load: a queue on a clock that the test turns, with an engine that takes as long as it is told. */
import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { after, describe, it } from 'node:test';
import { random } from '../../src/random/index.js';
import { type BatchOptions, BatchQueue, type Lane } from '../../src/serve/batch-queue.js';
import type { HttpError } from '../../src/serve/http-error.js';
import { Pace } from '../../src/serve/pace.js';
import { temporaryFolder } from '../data/fixtures.js';
import { CLASSES, jsonOf, post, serving, size } from './models.js';

const never = new AbortController().signal;
setMaxListeners(0, never);
const MAX = 8;
const SIZES = [1, 2, 4, 8];
/** Milliseconds of a batch, which is filled up to a size: about ResNet-18 at 224 px on one core. */
const timeOf = (rows: number): number => 4 + 39.5 * SIZES.find((size) => size >= rows)!;
const FULL = timeOf(MAX);

/** A clock, and what is to happen. */
class Time {
  now = 0;
  private readonly events: { readonly at: number; readonly happen: () => void }[] = [];

  at(at: number, happen: () => void): void {
    const before = this.events.findIndex((event) => event.at > at);
    this.events.splice(before < 0 ? this.events.length : before, 0, { at, happen });
  }

  after = (milliseconds: number) => new Promise<void>((resolve) => this.at(this.now + milliseconds, resolve));

  /** Lets everything happen, in its order; what follows from an event comes before the next one. */
  async pass(): Promise<void> {
    for (let event = this.events.shift(); event; event = this.events.shift()) {
      this.now = event.at;
      event.happen();
      await new Promise(setImmediate);
    }
  }
}

function server(options: Partial<BatchOptions> = {}) {
  const time = new Time();
  const served = { latencies: [] as number[], batches: [] as number[], refused: 0 };
  const lane: Lane<number, number> = {
    name: 'classify',
    sizes: SIZES,
    async run(rows) {
      served.batches.push(rows.length);
      await time.after(timeOf(rows.length));
      return rows;
    },
  };
  const now = () => time.now;
  const queue = new BatchQueue({ max: MAX, delay: 0, queue: 256, ...options }, () => {}, now);
  /** 0 where it was answered, or the seconds of Retry-After. */
  const ask = async (): Promise<number> => {
    const start = time.now;
    try {
      await queue.submit(lane, [0], never);
      served.latencies.push(time.now - start);
      return 0;
    } catch (error) {
      const { status, headers } = error as HttpError;
      assert.equal(status, 503);
      served.refused++;
      return Number(headers['Retry-After']);
    }
  };
  return { time, queue, lane, served, ask };
}

/** Arrivals of a Poisson process at a part of what the engine can do. */
function arrive({ time, ask }: ReturnType<typeof server>, load: number, from: number, seconds: number): void {
  const stream = random('arrivals', load);
  const gap = () => -Math.log(1 - stream.uniform()) * (FULL / MAX / load);
  for (let at = from + gap(); at < from + 1000 * seconds; at += gap()) time.at(at, () => void ask());
}

/** What becomes of arrivals for 70 s; of latencies, from when ten have gone by and the burst before the first refusal is over. */
async function open(load: number) {
  const one = server();
  arrive(one, load, 0, 10);
  arrive(one, load, 10_000, 60);
  one.time.at(10_000, () => void one.served.latencies.splice(0));
  await one.time.pass();
  const { latencies, refused } = one.served;
  return { median: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), answered: latencies.length, refused };
}

/** So many connections, of which each asks again when it is answered, or when it may. */
async function closed(connections: number, seconds: number) {
  const { time, served, ask } = server();
  for (let i = 0; i < connections; i++)
    time.at(i, async () => {
      while (time.now < 1000 * seconds) {
        const pause = await ask();
        if (pause > 0) await time.after(1000 * pause);
      }
    });
  await time.pass();
  return { ...served, rate: (served.latencies.length * FULL) / MAX / time.now };
}

const quantile = (values: readonly number[], q: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(q * values.length)]!;

describe('admission', () => {
  it('lets everybody in below capacity, and above keeps the latency and the throughput of what it lets in', async () => {
    const [half, most, over, flood] = await Promise.all([0.5, 0.9, 1.5, 3].map((load) => open(load)));
    assert.deepEqual([half!.refused, most!.refused], [0, 0]);
    for (const { answered, refused, median, p99 } of [over!, flood!]) {
      assert.ok(refused > 0);
      assert.ok((answered * FULL) / MAX > 0.95 * 60_000, `${answered} answered`);
      assert.ok(median < 1.5 * most!.median, `median ${median} ms, and ${most!.median} at 90 %`);
      assert.ok(p99 < most!.p99, `p99 ${p99} ms, and ${most!.p99} at 90 %`);
    }
  });

  it('refuses none of as many connections as fill four batches, and computes full batches', async () => {
    const { batches, refused } = await closed(4 * MAX, 20);
    assert.equal(refused, 0);
    assert.ok(
      batches.slice(2, -6).every((rows) => rows === MAX),
      `${batches}`,
    );
  });

  it('keeps the engine as busy when there are more, who come again when they may', async () => {
    const { refused, rate } = await closed(12 * MAX, 60);
    assert.ok(refused > 0);
    assert.ok(rate > 0.95, `${rate}`);
  });

  it('lets bursts in again once an overload is over', async () => {
    const one = server();
    arrive(one, 3, 0, 10);
    await one.time.pass();
    const before = one.served.refused;
    assert.ok(before > 0);
    one.time.at(one.time.now + 10_000, () => {
      for (let i = 0; i < 4 * MAX; i++) void one.ask();
    });
    await one.time.pass();
    assert.equal(one.served.refused, before);
  });

  it('lets bursts wait as long as it is told, and the next batch always fill', async () => {
    for (const [wait, let_in] of [
      [1, MAX],
      [640, 2 * MAX],
      [3200, 10 * MAX],
    ] as const) {
      const { time, served, ask } = server({ wait });
      void ask();
      await time.pass(); // the pace is known
      for (let i = 0; i < MAX; i++) time.at(time.now, () => void ask());
      time.at(time.now + 1, () => {
        for (let i = 0; i < 20 * MAX; i++) void ask();
      });
      await time.pass();
      const ahead = served.latencies.length - 1 - 1; // one computes
      assert.ok(Math.abs(ahead - let_in) <= MAX, `${wait} ms: ${ahead}`);
    }
  });

  it('counts those that are made ready, until they are ready or gone', async () => {
    const { time, queue, lane, ask } = server();
    void ask();
    await time.pass();
    const places = [queue.announce(28), queue.announce(4)];
    assert.throws(() => queue.check(), { status: 503 });
    places[1]!.leave();
    places[1]!.leave();
    places[0]!.take(28);
    time.after(1000).then(() => queue.check());
    await time.pass();
    const mine = queue.announce(2);
    const both = queue.submit(lane, [1, 2], never, mine);
    mine.leave();
    await time.pass();
    assert.deepEqual(await both, [1, 2]);
    assert.throws(() => queue.announce(257), { status: 413 });
  });
});

describe('the pace of batches', () => {
  it('says how many rows to take, and which size is enough', () => {
    const pace = new Pace(SIZES);
    assert.deepEqual([pace.take(5), pace.enough], [5, 1]); // nothing is known
    pace.took(320, 5);
    assert.equal(pace.take(5), 4); // never tried
    pace.took(160, 4);
    assert.deepEqual(
      [5, 6, 7, 8].map((rows) => pace.take(rows)),
      [4, 4, 4, 8],
    );
    assert.equal(pace.enough, 1); // never tried
    for (const size of [1, 2]) pace.took(50 * size, size);
    assert.equal(pace.enough, 4);
    const flat = new Pace(SIZES); // as on a graphics card
    for (const size of SIZES) flat.took(10, size);
    assert.deepEqual(
      [3, 5, 7].map((rows) => flat.take(rows)),
      [3, 5, 7],
    );
    assert.equal(flat.enough, 8);
  });
});

describe('a server with a real model', async () => {
  const server = await serving(await temporaryFolder(), ['classifier'], { batch: { max: 2, wait: 1 } });
  after(() => server.close());

  it('answers what it lets in of a flood, each its own, refuses the rest, and goes on', async () => {
    const pixels = (seed: number) => Array.from({ length: size[0] * size[1] * 3 }, (_, i) => (i * seed) % 256);
    const ask = (seed: number) => {
      const inputs = [{ name: 'images', shape: [1, ...size, 3], datatype: 'UINT8', data: pixels(seed) }];
      return post(server, '/v2/models/classifier/infer', { inputs });
    };
    const numbers = async (answer: Response) => {
      const { outputs } = await jsonOf(answer);
      return (outputs as unknown as [{ data: number[] }])[0].data;
    };
    const expected = [await numbers(await ask(1)), await numbers(await ask(7))];
    assert.equal(expected[0]!.length, CLASSES.length);
    assert.notDeepEqual(expected[0], expected[1]);
    const answers = await Promise.all(Array.from({ length: 120 }, (_, i) => ask([1, 7][i % 2]!)));
    const refused = answers.filter(({ status }) => status === 503);
    assert.ok(refused.length > 0 && refused.length < answers.length, `${refused.length} of ${answers.length}`);
    for (const { headers } of refused) assert.ok(Number(headers.get('Retry-After')) >= 1);
    for (const [i, answer] of answers.entries()) {
      if (answer.status === 503) continue;
      assert.equal(answer.status, 200);
      const found = await numbers(answer);
      for (const [k, value] of found.entries()) assert.ok(Math.abs(value - expected[i % 2]![k]!) < 1e-5);
    }
    assert.equal((await ask(1)).status, 200);
  });
});
