// On a message, trains into the folder it was given, or goes on with the training there, and tells of every step just before it
// is written down; to be killed by kill.test.ts.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { resume, train } from '../../src/train/train.js';
import { enduring } from './tiny.js';

const out = process.argv[2]!;
const options = { ...enduring, checkpointSeconds: 0, onStep: () => process.send?.('step') } as const;
process.once('message', async () => {
  await (existsSync(join(out, 'config.json')) ? resume(out, options) : train({ ...options, out }));
  process.disconnect();
});
