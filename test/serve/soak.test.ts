/** A server under load for a while; `RESMIRROR_SOAK_SECONDS` says for how long. `bench/serve-soak.ts` is the long one. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { Question } from '../../bench/serving/load.js';
import { soak } from '../../bench/serving/soak.js';
import { Predictor } from '../../src/inference/index.js';
import { temporaryFolder, writePhotos } from '../data/fixtures.js';
import { models, written } from './models.js';

const SECONDS = Number(process.env.RESMIRROR_SOAK_SECONDS ?? 20);
/** MB: what a runtime's arenas and a heap may settle at. */
const HEAP = 5;
const RSS = 60;

const folder = await temporaryFolder();

describe('a server under load', { timeout: 1000 * (60 + 2 * SECONDS) }, () => {
  it(`has no errors in ${SECONDS} s, and the memory that it had`, async () => {
    const path = await written(folder, 'classifier');
    const paths = await writePhotos(folder, 8);
    const questions: Question[] = [];
    const predictor = Predictor.open(models.classifier, { threads: 1 });
    for await (const { value } of predictor.classify(paths, { top: 5 }))
      questions.push({
        path: '/v1/models/model/classify',
        headers: { 'Content-Type': 'image/jpeg' },
        body: await readFile(paths[questions.length]!),
        expected: value,
      });
    await predictor.close();
    const { memory, found, bad } = await soak({ path, questions, seconds: SECONDS, threads: 1 });
    const [before, after] = memory;
    assert.ok(found.latencies.length > 50 && bad > 10, `${found.latencies.length} answers, ${bad} bad clients`);
    assert.deepEqual([found.wrong, found.errors, after.failures], [0, {}, 0]);
    assert.ok(after.heap - before.heap < HEAP, `heap ${before.heap.toFixed(1)} -> ${after.heap.toFixed(1)} MB`);
    assert.ok(after.rss - before.rss < RSS, `rss ${before.rss.toFixed(1)} -> ${after.rss.toFixed(1)} MB`);
  });
});
