/** The server under a soak: it listens, and tells its memory after full collections. Run with --expose-gc by `soak.ts`. */
import { listen, openServing } from '../../src/serve/index.js';

const [path, threads] = process.argv.slice(2) as [string, string];
let failures = 0;
const serving = await openServing({
  models: [{ name: 'model', path }],
  threads: Number(threads),
  reload: 0,
  log: ({ event }) => {
    if (event === 'failure') failures++;
  },
});
const listening = await listen(serving, { port: 0 });
process.on('message', async () => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send!({ heap: heapUsed / 1e6, external: external / 1e6, rss: rss / 1e6, failures });
});
process.on('disconnect', () => process.exit());
process.send!(listening.url);
