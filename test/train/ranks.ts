/** One rank of a training in the tests: does what the JSON on its command line says, as the command line's program would. */
import { inJob } from '../../src/cli/job.js';
import { Terminal } from '../../src/cli/terminal.js';
import { showing } from '../../src/cli/train-progress.js';
import type { TrainOptions } from '../../src/train/plan.js';
import { type RunOptions, resume, train } from '../../src/train/train.js';
import { tiny } from './tiny.js';

export interface Order {
  readonly out: string;
  readonly options?: Partial<TrainOptions & RunOptions>;
  /** What is other on one rank. */
  readonly odd?: { readonly rank: number; readonly options: Partial<TrainOptions> };
  readonly resume?: boolean;
  /** A rank that kills itself behind a step, counted from this start, or so many milliseconds later. */
  readonly kill?: { readonly rank: number; readonly step: number; readonly delay?: number };
}

const order = JSON.parse(process.argv[2]!) as Order;

const outcome = await inJob(new Terminal(false), async (communicator, terminal) => {
  const { out, kill } = order;
  const odd = order.odd?.rank === communicator.rank ? order.odd.options : {};
  let step = 0;
  const onStep = () => {
    if (communicator.rank !== kill?.rank || ++step !== kill.step) return;
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), kill.delay ?? 0);
  };
  const { skipped } = await showing({ task: 'classify', folder: out, terminal }, (events) => {
    const options = { ...tiny, ...order.options, ...odd, ...events, onStep, communicator };
    return order.resume ? resume(out, options) : train({ ...options, out });
  });
  terminal.print(`sent ${communicator.sentBytes}`);
  return { json: { skipped } };
}).catch((error: Error) => {
  console.error(error.message);
  return { exitCode: 1 };
});
process.exitCode = outcome.exitCode ?? 0;
