/** Trains, asks and serves by the library; prints what the model says of an image. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { load, resnet, summarise, train, writeDrawnFolder } from 'resmirror';
import { openServing } from 'resmirror/serve';

assert.equal(summarise(resnet('RESNET18')).parameters, 11689512);
const net = '{"bottleneck":false,"repeats":[1,1],"width":4}';
const tiny = { net, variant: 'cifar', size: 16, batch: 32, epochs: 1, threads: 1, workers: 1 };
await train({ task: 'classify', data: 'drawn:200', ...tiny, out: 'runs/drawn' });

const [image] = await writeDrawnFolder('images', { perClass: 1, size: 16 });
const model = await load('runs/drawn');
let value;
for await (const said of model.classify([image])) value = said.value;
await model.close();

const serving = await openServing({ models: [{ name: 'drawn', path: 'runs/drawn' }] });
const answer = await serving.fetch(
  new Request('http://here/v1/models/drawn/classify', { method: 'POST', body: await readFile(image) }),
);
assert.equal(answer.status, 200);
assert.ok(JSON.stringify(await answer.json()).includes(value[0].label));
assert.match(await (await serving.fetch(new Request('http://here/'))).text(), /<html/i);
await serving.close();
console.log(JSON.stringify({ image, scores: value }));
