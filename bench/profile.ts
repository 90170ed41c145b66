/**
 * Where the time of a training step goes: per kind of operator and per stage, with the rate of products beside the highest that
 * this machine reached in the same run.
 *
 *   npm run bench -- --profile resnet18 --size 64 --batch 64
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32, graph, openRuntime } from 'resmirror';
import { Peer } from './peer.js';

/** One run of one node, as the engine's profile has it. */
interface Event {
  readonly name: string;
  readonly cat: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

interface Row {
  ms: number;
  gflop: number;
}

const volume = (shape: readonly number[] = []) => shape.reduce((a, b) => a * b, 1);
const shapesOf = (list: Event['args']['input_type_shape'] = []) => list.map((tensor) => Object.values(tensor)[0]!);

/** Multiply-adds of the operators that have any, twice. */
const products: Readonly<Record<string, (inputs: readonly (readonly number[])[], out: readonly number[]) => number>> = {
  Conv: ([, w], out) => volume(out) * volume(w!.slice(1)),
  Gemm: ([a], out) => (volume(a) * volume(out)) / out[0]!,
  MatMul: ([a], out) => volume(out) * a!.at(-1)!,
};

function gflopOf({ args }: Event): number {
  const count = products[args.op_name!];
  if (!count) return 0;
  return (2 * count(shapesOf(args.input_type_shape), shapesOf(args.output_type_shape)[0]!)) / 1e9;
}

/** `layer1.0.conv1.grad/NchwcConv_3_kernel_time` -> `layer1 backward`; nodes outside of any scope are the update. */
function stageOf(name: string): string {
  const [scope, op] = name.split('/');
  if (op === undefined) return 'loss and update';
  return `${scope!.split('.')[0]}${scope!.endsWith('.grad') ? ' backward' : ''}`;
}

type Rows = ReadonlyMap<string, Row>;

/** Sums what the longest profile in a folder says of every run but the first two. */
function readProfile(folder: string, runs: number): { readonly byOperator: Rows; readonly byStage: Rows } {
  const [byOperator, byStage] = [new Map<string, Row>(), new Map<string, Row>()];
  const note = (rows: Map<string, Row>, key: string, { ms, gflop }: Row) => {
    const row = rows.get(key) ?? { ms: 0, gflop: 0 };
    rows.set(key, { ms: row.ms + ms, gflop: row.gflop + gflop });
  };
  const longest = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .reduce((a, b) => (b.length > a.length ? b : a));
  const events = (JSON.parse(longest) as readonly Event[]).filter(
    ({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'),
  );
  for (const event of events.slice((events.length / runs) * 2)) {
    const row = { ms: event.dur / 1000 / (runs - 2), gflop: gflopOf(event) / (runs - 2) };
    note(byOperator, event.args.op_name!, row);
    note(byStage, stageOf(event.name), row);
  }
  return { byOperator, byStage };
}

function table(heading: string, rows: Rows): void {
  const total = [...rows.values()].reduce((sum, { ms }) => sum + ms, 0);
  console.log(`\n| ${heading} | ms | share | GFLOP/s |\n|---|---|---|---|`);
  for (const [name, { ms, gflop }] of [...rows].sort(([, a], [, b]) => b.ms - a.ms)) {
    if (ms < total / 200) continue;
    const rate = gflop > 0 ? ((gflop / ms) * 1000).toFixed(0) : '';
    console.log(`| ${name} | ${ms.toFixed(1)} | ${((100 * ms) / total).toFixed(0)} % | ${rate} |`);
  }
  console.log(`| all | ${total.toFixed(1)} | | |`);
}

/** The highest rates of this machine, GFLOP/s: a matrix product, and a convolution in whatever layout the target has. */
async function ceilings(threads: number): Promise<Readonly<Record<string, number>>> {
  const runtime = openRuntime({ threads });
  const [a, b] = [graph.input('a', [1024, 1024]), graph.input('b', [1024, 1024])];
  const [x, w] = [graph.input('x', [16, 128, 28, 28]), graph.parameter('w', [128, 128, 3, 3])];
  const works = {
    'matrix product': { y: graph.matmul(a, b), gflop: 2 * 1.024 ** 3 },
    convolution: { y: graph.conv(x, w, { pads: 1 }), gflop: (2 * 16 * 28 * 28 * 128 * 128 * 9) / 1e9 },
  };
  const zeros = ({ shape }: graph.Value) => float32(new Float32Array(graph.elements(shape)), shape as number[]);
  await runtime.write({ w: zeros(w) });
  const rates: Record<string, number> = {};
  for (const [name, { y, gflop }] of Object.entries(works)) {
    const work = { name, outputs: { y: graph.reduceMax(y) } };
    const program = await runtime.compile(work);
    const feeds = Object.fromEntries(graph.inputsOf(work).map((input) => [input.source.name, zeros(input)]));
    let fastest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 20; i++) {
      const before = performance.now();
      await program.run(feeds);
      fastest = Math.min(fastest, performance.now() - before);
    }
    rates[name] = (gflop / fastest) * 1000;
  }
  await runtime.close();
  return rates;
}

const RUNS = 8;

/** @param args network and options of bench/step.js */
export async function profile(args: readonly string[], threads: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'resmirror-profile-'));
  try {
    const command = [process.execPath, 'build/bench/step.js', ...args, '--profile', join(folder, 'step')];
    const step = new Peer('resmirror', command);
    const { ms } = await step.take(RUNS);
    await step.close();
    const { byOperator, byStage } = readProfile(folder, RUNS);
    const median = ms.slice(2).sort((a, b) => a - b)[(RUNS - 2) >> 1]!;
    console.log(
      `${args.join(' ')}: ${median.toFixed(0)} ms a step, what is copied between engine and program included`,
    );
    for (const [name, rate] of Object.entries(await ceilings(threads)))
      console.log(`highest rate of a ${name}: ${rate.toFixed(0)} GFLOP/s`);
    table('operator', byOperator);
    table('stage', byStage);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
