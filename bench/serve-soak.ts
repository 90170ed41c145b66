/**
 * ResNet-18 at 224 px served for half an hour under load, among clients that hang up and send damaged bodies.
 *
 *   node build/bench/serve-soak.js --minutes 30 --threads 1
 *
 * Ends with 1 where an answer was wrong or missing, or memory grew by more than a tenth.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawnModel } from './serving/programs.js';
import { soak } from './serving/soak.js';
import { print } from './settings.js';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, threads: { type: 'string', default: '1' } },
});
const folder = mkdtempSync(join(tmpdir(), 'resmirror-soak-'));
try {
  const { model, tensors, numbers, images } = await drawnModel(folder);
  const questions = [...tensors, ...numbers, ...images].map((one) => ({
    ...one,
    path: one.path.replace('resnet18', 'model'),
  }));
  const seconds = 60 * Number(values.minutes);
  const { memory, found, bad } = await soak({ path: model, questions, seconds, threads: Number(values.threads) });
  const [before, after] = memory;
  print(['soak', 'before', 'after'], '---');
  for (const what of ['heap', 'external', 'rss'] as const)
    print([`${what} after collections, MB`, before[what].toFixed(1), after[what].toFixed(1)]);
  const errors = Object.values(found.errors).reduce((a, b) => a + b, 0);
  console.log(
    `\n${values.minutes} minutes: ${found.latencies.length} right answers, ${found.refused} refused, ${found.wrong} wrong, ` +
      `${errors} errors, ${after.failures} of 500; ${bad} requests of bad clients`,
  );
  const grew = after.rss > 1.1 * before.rss;
  process.exitCode = found.wrong + errors + after.failures > 0 || grew ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}
