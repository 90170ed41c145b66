/**
 * A model inside of a server of one's own, beside its other pages. With ONCE set it asks itself one question and ends.
 *
 *   node build/examples/server.js [MODEL]
 *   curl --data-binary @cat.jpg http://127.0.0.1:3000/models/v1/models/photos/classify
 */
import { readFile } from 'node:fs/promises';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { writeDrawnFolder } from 'resmirror';
import { openServing } from 'resmirror/serve';

const [run = 'runs/classify'] = process.argv.slice(2);
const { PORT = '3000', ONCE } = process.env;

const serving = await openServing({ models: [{ name: 'photos', path: run }] });
const app = new Hono().get('/', (context) => context.text('a page of yours')).mount('/models', serving.fetch);
const server = serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' }, async ({ port }) => {
  console.log(`http://127.0.0.1:${port}/models`);
  if (ONCE === undefined) return;
  const [image] = await writeDrawnFolder('images', { perClass: 1, size: 64 });
  const address = `http://127.0.0.1:${port}/models/v1/models/photos/classify?top=1`;
  const answer = await fetch(address, { method: 'POST', body: await readFile(image!) });
  console.log(answer.status, await answer.text());
  server.close();
  await serving.close();
});
