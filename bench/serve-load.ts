/**
 * `resmirror serve` under load, beside the bare runtime and plain servers around it, in turns. Load generator, servers and runtime
 * share the machine's cores, as the runtime alone does not have to: with one engine thread on two cores there is room for the others.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Peer } from './peer.js';
import { type Found, measure, type Plan, type Question } from './serving/load.js';
import { drawnModel, exported, Program } from './serving/programs.js';
import { print, type Settings } from './settings.js';

const CONNECTIONS = 32;
const SECONDS = 5;
const OPEN_SECONDS = 20;
/** Arrivals before those that count: the burst that a server lets in before it refuses anything is over then. */
const LEAD_SECONDS = 8;
const LOADS = [0.5, 0.9, 1.5];
const PLAIN = ['fastify', 'transformers'] as const;

interface Side {
  readonly name: string;
  readonly program: Program;
  readonly questions: readonly Question[];
}

export async function serveLoad({ threads, rounds, wanted }: Settings): Promise<void> {
  const others = loadavg()[0]!.toFixed(1);
  console.log(`${availableParallelism()} cores, load average ${others} in the minute before\n`);
  const folder = mkdtempSync(join(tmpdir(), 'resmirror-bench-'));
  const programs: Program[] = [];
  try {
    const { model, tensors, numbers, images } = await drawnModel(folder);
    const file = exported(folder);
    const bare = new Peer('bare runtime', [
      process.execPath,
      'build/bench/serving/bare.js',
      file,
      '--threads',
      `${threads}`,
      '--images',
      folder,
    ]);
    const own = await Program.serve(model, ['--threads', `${threads}`]);
    programs.push(own);
    const sides: Side[] = [
      { name: 'resmirror serve, tensors', program: own, questions: tensors },
      { name: 'resmirror serve, JPEG', program: own, questions: images },
      { name: 'resmirror serve, tensors as JSON', program: own, questions: numbers },
    ];
    const isThere = existsSync('bench/javascript/node_modules/fastify');
    if (!isThere) console.log("without other servers; run 'npm install' in bench/javascript for them\n");
    for (const kind of isThere ? PLAIN.filter((kind) => wanted(`plain ${kind}`)) : []) {
      const program = await Program.start(['bench/javascript/serve.js', kind, folder, `${threads}`], 'inherit');
      programs.push(program);
      sides.push({ name: `plain server, ${kind}, JPEG`, program, questions: await program.asked(images) });
    }
    const rates = await closedLoop({ bare, sides, rounds, threads });
    await openLoop(
      sides.map((side, i) => ({ ...side, rate: rates[i]! })).filter(({ questions }) => questions !== numbers),
    );
    await bare.close();
  } finally {
    for (const program of programs) await program.stop();
    rmSync(folder, { recursive: true });
  }
}

const median = (values: readonly number[]) => quantile(values, 0.5);
const quantile = (values: readonly number[], q: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN;
const rateOf = ({ latencies, seconds }: Found) => latencies.length / seconds;
/** A median, or nothing where a server does not tell. */
const shown = (values: readonly number[], digits: number) =>
  Number.isNaN(values[0]) ? '' : median(values).toFixed(digits);
const lags = (all: readonly Measured[]) =>
  [all.map(({ lag }) => lag), all.map((one) => one.idle)].map((each) => shown(each, 1));
const amount = (errors: Found['errors']) => Object.values(errors).reduce((a, b) => a + b, 0);

/** Milliseconds from one look at the event loop to the next, here and at the server: Node counts them as delay too. */
const RESOLUTION = 10;
/** This process, which only waits: what its timers are late by is what the machine is. */
const idle = monitorEventLoopDelay({ resolution: RESOLUTION });
const FIGURES = [
  'nodejs_eventloop_lag_p99_seconds',
  'resmirror_inference_seconds_sum',
  'resmirror_batch_rows_sum',
  'resmirror_batch_rows_count',
];

interface Measured {
  readonly found: Found;
  /** Milliseconds of the event loop's delay, p99, of the server and of an idle process; NaN where it does not tell. */
  readonly lag: number;
  /** Milliseconds of CPU time of the server. */
  readonly cpu: number;
  /** Part of the time that the engine computed; NaN where the server does not tell. */
  readonly busy: number;
  readonly rowsPerBatch: number;
  readonly idle: number;
}

async function measured(program: Program, plan: Omit<Plan, 'url'>): Promise<Measured> {
  const before = { cpu: program.cpu, figures: await program.figures(FIGURES) };
  idle.enable();
  idle.reset();
  const found = await measure({ url: program.url, ...plan });
  idle.disable();
  const [lag, ...after] = await program.figures(FIGURES);
  const [seconds, rows, batches] = after.map((value, i) => value - before.figures[i + 1]!) as [number, number, number];
  return {
    found,
    lag: 1000 * lag! - RESOLUTION,
    idle: idle.percentile(99) / 1e6 - RESOLUTION,
    cpu: program.cpu - before.cpu,
    busy: seconds / found.seconds,
    rowsPerBatch: rows / batches,
  };
}

/** What the bare runtime says: by the rows of a batch, images a second and CPU time of each, and images a second that it decodes itself. */
interface Bare {
  readonly best: number;
  readonly rates: Readonly<Record<string, number>>;
  readonly cpu: Readonly<Record<string, number>>;
  readonly decoding: number;
}

/** Throughput with so many connections; the images a second of each side. */
async function closedLoop(given: { bare: Peer; sides: readonly Side[]; rounds: number; threads: number }) {
  const { bare, sides, rounds, threads } = given;
  const heading = [
    `${CONNECTIONS} connections, ${threads} engine threads`,
    'images/s',
    'of the bare runtime',
    'of one that decodes',
    'engine busy',
    'rows a batch',
    'CPU ms an image',
  ];
  const runtime: Bare[] = [];
  const all = sides.map((): Measured[] => []);
  for (let round = 0; round < rounds; round++) {
    runtime.push((await bare.take(SECONDS)) as never);
    for (const [i, { program, questions }] of sides.entries()) {
      await measure({ url: program.url, questions, seconds: 1, load: { connections: CONNECTIONS } }); // as `inTurns`
      all[i]!.push(await measured(program, { questions, seconds: SECONDS, load: { connections: CONNECTIONS } }));
    }
  }
  const best = median(runtime.map(({ best, rates }) => rates[best]!));
  const most = runtime.map((one) => one.best).sort((a, b) => a - b)[runtime.length >> 1];
  print(
    [
      ...heading,
      'median, ms',
      'p99, ms',
      'event loop late, p99, ms',
      'of an idle one',
      'generator, cores',
      'refused',
      'wrong',
      'errors',
    ],
    '---',
  );
  print([
    `bare runtime, batch ${most}`,
    best.toFixed(1),
    '1',
    '',
    '1',
    '',
    median(runtime.map(({ best, cpu }) => cpu[best]!)).toFixed(1),
    ...new Array(8).fill(''),
  ]);
  const decoding = median(runtime.map((one) => one.decoding));
  print([
    `… which decodes the JPEGs, batch ${most}`,
    decoding.toFixed(1),
    (decoding / best).toFixed(2),
    '1',
    ...new Array(11).fill(''),
  ]);
  const rates = sides.map(({ name }, i) => {
    const found = all[i]!.map((one) => one.found);
    const rate = median(found.map(rateOf));
    const latencies = found.flatMap((one) => one.latencies);
    const sum = (of: (one: Found) => number) => found.reduce((total, one) => total + of(one), 0);
    print([
      name,
      rate.toFixed(1),
      median(found.map((one, k) => rateOf(one) / runtime[k]!.rates[runtime[k]!.best]!)).toFixed(2),
      median(found.map((one, k) => rateOf(one) / runtime[k]!.decoding)).toFixed(2),
      shown(
        all[i]!.map(({ busy }) => busy),
        2,
      ),
      shown(
        all[i]!.map(({ rowsPerBatch }) => rowsPerBatch),
        1,
      ),
      median(all[i]!.map(({ cpu, found: { latencies } }) => cpu / latencies.length)).toFixed(1),
      median(latencies).toFixed(0),
      quantile(latencies, 0.99).toFixed(0),
      ...lags(all[i]!),
      (sum(({ cpu }) => cpu) / sum(({ seconds }) => seconds)).toFixed(2),
      `${sum(({ refused }) => refused)}`,
      `${sum(({ wrong }) => wrong)}`,
      `${sum(({ errors }) => amount(errors))}`,
    ]);
    return rate;
  });
  return rates;
}

/** Latency at rates of arrivals, as parts of what was answered with all connections at work. */
async function openLoop(sides: readonly (Side & { readonly rate: number })[]): Promise<void> {
  const heading = ['arrivals at a rate', 'asked', 'answered', 'refused (503)', 'wrong or lost', 'errors'];
  console.log();
  print(
    [
      ...heading,
      'answered/s',
      'median, ms',
      'p99, ms',
      'p99 of refusals, ms',
      'event loop late, p99, ms',
      'of an idle one',
    ],
    '---',
  );
  for (const { name, program, questions, rate: all } of sides)
    for (const load of LOADS) {
      const rate = load * all;
      const one = await measured(program, { questions, seconds: OPEN_SECONDS, lead: LEAD_SECONDS, load: { rate } });
      const { asked, latencies, refused, refusals, wrong, errors, seconds } = one.found;
      const lost = asked - latencies.length - refused - wrong - amount(errors);
      print([
        `${name}, ${100 * load} % (${rate.toFixed(0)}/s)`,
        `${asked}`,
        `${latencies.length}`,
        `${refused}`,
        `${wrong + lost}`,
        Object.entries(errors)
          .map(([what, times]) => `${times} ${what}`)
          .join(', ') || '0',
        (latencies.length / seconds).toFixed(1),
        median(latencies).toFixed(0),
        quantile(latencies, 0.99).toFixed(0),
        refusals.length > 0 ? quantile(refusals, 0.99).toFixed(0) : '',
        ...lags([one]),
      ]);
    }
}
