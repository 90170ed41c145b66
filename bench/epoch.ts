/**
 * Steps of a training on a folder of pictures, on demand, from the first of an epoch on.
 *
 *   echo 10 | node build/bench/epoch.js FOLDER 2 OUT 2    # from the second epoch on, with two threads
 *
 * Every line read is a number of steps to take; every line written is { "ms": [per image, of each step], "peakMemoryGB" }. What lies
 * between two epochs is not counted.
 */
import { readSync } from 'node:fs';
import { type StepEvent, train } from 'resmirror';
import { small } from './epochs.js';

const [data, from, out, threads] = process.argv.slice(2) as [string, string, string, string];
const batch = 64;

let [due, epochBefore, began] = [0, 0, 0];
let ms: number[] = [];

/** Holds the training, which goes on in this thread, until a line says for how long. */
function waitForLine(): number {
  const line = Buffer.alloc(16);
  const read = readSync(0, line);
  if (read === 0) process.exit();
  return Number(line.toString('utf8', 0, read));
}

function onStep({ epoch }: StepEvent): void {
  if (epoch < Number(from)) return;
  if (epoch === epochBefore) ms.push((performance.now() - began) / batch);
  epochBefore = epoch;
  if (ms.length === due) {
    if (due > 0) console.log(JSON.stringify({ ms, peakMemoryGB: process.resourceUsage().maxRSS / 1e6 }));
    ms = [];
    due = waitForLine();
  }
  began = performance.now();
}

await train({ task: 'classify', ...small, data, out, batch, epochs: 1000, threads: Number(threads), onStep });
