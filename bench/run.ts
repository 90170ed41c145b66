/**
 * Measures and prints tables in Markdown; docs/performance.md holds the last ones.
 *
 *   npm run bench                                            # all of it
 *   npm run bench -- training resnet18 --rounds 6            # a section, rows by words of their names
 *   npm run bench -- inference 'batch 1,'                    # ... or by what stands between a space and a comma
 *   npm run bench -- --profile resnet18 --size 64 --batch 64 # where the time of a step goes
 */
import { parseArgs } from 'node:util';
import { ablation } from './ablation.js';
import { data } from './data.js';
import { depth } from './depth.js';
import { epochs } from './epochs.js';
import { growth } from './growth.js';
import { idle } from './idle.js';
import { inference } from './inference.js';
import { javascript } from './javascript.js';
import { layers } from './layers.js';
import { profile } from './profile.js';
import { quantized } from './quantized.js';
import { ranks } from './ranks.js';
import { serveLoad } from './serve-load.js';
import type { Settings } from './settings.js';
import { sizes } from './sizes.js';
import { startup } from './startup.js';
import { training } from './training.js';
import { transfer } from './transfer.js';

const sections: Readonly<Record<string, (settings: Settings) => Promise<void>>> = {
  training,
  inference,
  javascript,
  quantized,
  data,
  layers,
  startup,
  idle,
  growth,
  epochs,
  ablation,
  transfer,
  depth,
  ranks,
  serving: serveLoad,
  sizes,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '10' },
    threads: { type: 'string', default: '2' },
    profile: { type: 'string' },
    size: { type: 'string', default: '64' },
    batch: { type: 'string', default: '64' },
    target: { type: 'string' },
    images: { type: 'string' },
    model: { type: 'string' },
  },
});
const [threads, rounds] = [Number(values.threads), Number(values.rounds)];

if (values.profile !== undefined) {
  const chosen = values.target ? ['--target', values.target] : [];
  const step = [values.profile, '--size', values.size, '--batch', values.batch, '--threads', values.threads, ...chosen];
  await profile(step, threads);
} else {
  const named = positionals.filter((word) => Object.hasOwn(sections, word));
  const words = positionals.filter((word) => !named.includes(word));
  const wanted = (name: string) => words.every((word) => ` ${name},`.includes(word));
  for (const name of named.length > 0 ? named : Object.keys(sections)) {
    console.log(`\n## ${name}\n`);
    await sections[name]!({ threads, rounds, wanted, images: values.images, model: values.model });
  }
}
