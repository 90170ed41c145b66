/** Runs behind HTTP, without a socket: what is told of them, what is not, and how a run is followed. */
import assert from 'node:assert/strict';
import { appendFile, cp, mkdir, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { openServing, type Serving } from '../../src/serve/index.js';
import { EventStreams } from '../../src/serve/runs/events.js';
import { train } from '../../src/train/train.js';
import { temporaryFolder } from '../data/fixtures.js';
import { tiny } from '../train/tiny.js';
import { call, jsonOf } from './models.js';

const parent = await temporaryFolder();
const root = join(parent, 'runs');
const inside = (...names: string[]) => join(root, ...names);
const METRICS = 'metrics.jsonl';
let server: Serving;
let lines: readonly string[];

interface Listed {
  readonly name: string;
  readonly state: string;
  readonly [field: string]: unknown;
}
const listed = async (): Promise<Record<string, Listed>> => {
  const { runs } = (await (await call(server, '/v1/runs')).json()) as { runs: Listed[] };
  return Object.fromEntries(runs.map((run) => [run.name, run]));
};
const old = async (path: string) => utimes(path, new Date(2020, 1), new Date(2020, 1));

/** Reads a stream of events until `count` of them have come. */
async function events({ body }: Response, count: number): Promise<{ id: number; records: object[]; anew: boolean }[]> {
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const found = () => [...text.matchAll(/id: (\d+)\ndata: (.*)\n\n/g)];
  while (found().length < count) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return found().map(([, id, data]) => ({ id: Number(id), ...JSON.parse(data!) }));
}

describe('runs behind HTTP', () => {
  before(async () => {
    await train({ ...tiny, epochs: 2, out: inside('done') });
    lines = (await readFile(inside('done', METRICS), 'utf8')).trimEnd().split('\n');
    const copy = async (name: string) => {
      await cp(inside('done'), inside(name), { recursive: true });
      await rm(inside(name, 'report.html'));
      await truncate(inside(name, METRICS));
    };
    await copy('begun');
    await appendFile(inside('begun', METRICS), `${lines.slice(0, 7).join('\n')}\n`);
    await copy('killed');
    for (const name of ['config.json', METRICS]) await old(inside('killed', name));
    await copy('damaged');
    await writeFile(inside('damaged', 'config.json'), '{"config": {"data": 3}}');
    await copy('torn');
    await writeFile(inside('torn', METRICS), `${lines[0]}\nnonsense\n`);
    await mkdir(inside('empty'));
    await mkdir(join(parent, 'secret'));
    await cp(inside('done'), join(parent, 'secret'), { recursive: true });
    await symlink(join(parent, 'secret'), inside('linked'));
    await copy('holed');
    await rm(inside('holed', METRICS));
    await symlink(join(parent, 'secret', METRICS), inside('holed', METRICS));
    server = await openServing({ models: [], runs: root, reload: 0, keys: [] });
  });
  after(() => server?.close());

  it('lists runs with their state, and those that cannot be read with the reason', async () => {
    const runs = await listed();
    assert.deepEqual(Object.keys(runs).sort(), ['begun', 'damaged', 'done', 'holed', 'killed', 'torn']);
    const { task, network, data, epochs, planned, state, curve, best } = runs.done!;
    assert.deepEqual([task, data, epochs, planned, state], ['classify', 'drawn:200', 2, 2, 'ended']);
    assert.match(`${network}`, /resnet/i);
    assert.deepEqual(
      curve,
      lines.map((line) => JSON.parse(line)).flatMap(({ validationLoss }) => validationLoss ?? []),
    );
    assert.match((best as { text: string }).text, / %$/);
    assert.deepEqual([runs.begun!.state, runs.begun!.epochs, runs.killed!.state], ['running', 1, 'interrupted']);
    for (const name of ['damaged', 'torn', 'holed']) assert.equal(runs[name]!.state, 'damaged', name);
    assert.match(`${runs.damaged!.error}`, /config\.json is damaged.*expected/is);
    assert.match(`${runs.torn!.error}`, /line 2 of metrics\.jsonl is damaged/);
  });

  it('tells configuration and epochs, and no path of the machine', async () => {
    const run = (await jsonOf(call(server, '/v1/runs/done'))) as unknown as {
      config: { epochs: number };
      epochs: object[];
    };
    assert.equal(run.config.epochs, 2);
    assert.equal(run.epochs.length, 2);
    const config = JSON.parse(await readFile(inside('done', 'config.json'), 'utf8'));
    config.config.data = join(parent, 'pictures');
    config.config.teacher = {
      model: join(parent, 'teachers', 'one'),
      sha256: 'a'.repeat(64),
      weight: 1,
      temperature: 1,
    };
    await cp(inside('done'), inside('named'), { recursive: true });
    await writeFile(inside('named', 'config.json'), JSON.stringify(config));
    const named = (await jsonOf(call(server, '/v1/runs/named'))) as unknown as {
      data: string;
      config: { teacher: { model: string } };
    };
    assert.deepEqual([named.data, named.config.teacher.model], ['pictures', 'one']);
    for (const path of ['/v1/runs', '/v1/runs/named', '/v1/runs/torn', '/v1/runs/damaged', '/v1/runs/done/metrics'])
      assert.ok(!(await (await call(server, path)).text()).includes(parent + sep), path);
    await rm(inside('named'), { recursive: true });
  });

  it('leads nowhere else', async () => {
    const names = [
      '..',
      '.',
      '%2e%2e',
      '..%2fsecret',
      '%2e%2e%2fsecret',
      '..%5csecret',
      'linked',
      'empty',
      'done%2f..%2fdone',
    ];
    for (const name of [...names, 'done%00', '%ff', 'x'.repeat(300)])
      for (const rest of ['/metrics', '/events', '']) {
        const response = await call(server, `/v1/runs/${name}${rest}`);
        const lists = new URL(response.url || `http://here/v1/runs/${name}${rest}`).pathname === '/v1/runs/';
        assert.ok(response.status === 404 || lists, `${name}${rest}: ${response.status}`);
        assert.ok(!(await response.text()).includes('trainLoss'), name);
      }
    assert.deepEqual(await jsonOf(call(server, '/v1/runs/holed/metrics')), {
      records: [],
      next: 0,
      anew: false,
      more: false,
    });
  });

  it('gives whole lines since a byte, and all anew where the file was cut off', async () => {
    const since = async (from: number) =>
      (await jsonOf(call(server, `/v1/runs/begun/metrics?from=${from}`))) as unknown as {
        records: object[];
        next: number;
        anew: boolean;
      };
    const first = await since(0);
    assert.deepEqual(
      first.records,
      lines.slice(0, 7).map((line) => JSON.parse(line)),
    );
    const next = lines[7]!;
    await appendFile(inside('begun', METRICS), next.slice(0, 20));
    assert.deepEqual(await since(first.next), { records: [], next: first.next, anew: false, more: false });
    await appendFile(inside('begun', METRICS), `${next.slice(20)}\n`);
    const second = await since(first.next);
    assert.deepEqual(second.records, [JSON.parse(next)]);
    await truncate(inside('begun', METRICS), first.next);
    const anew = await since(second.next);
    assert.deepEqual([anew.anew, anew.records.length, anew.next], [true, 7, first.next]);
    for (const from of ['-1', '1.5', 'x', '9'.repeat(20)])
      assert.equal((await call(server, `/v1/runs/begun/metrics?from=${from}`)).status, 400, from);
  });

  it('sends what is recorded while it is recorded, from where a client left off', async () => {
    const begin = await events(await call(server, '/v1/runs/begun/events'), 1);
    assert.equal(begin[0]!.records.length, 7);
    const headers = { 'Last-Event-ID': `${begin[0]!.id}` };
    const stream = await call(server, '/v1/runs/begun/events', { headers });
    assert.equal(stream.headers.get('Content-Type'), 'text/event-stream');
    const coming = events(stream, 1);
    await appendFile(inside('begun', METRICS), `${lines[7]}\n`);
    assert.deepEqual((await coming)[0]!.records, [JSON.parse(lines[7]!)]);
  });

  it('reads long records in parts', async () => {
    await cp(inside('begun'), inside('long'), { recursive: true });
    await writeFile(inside('long', METRICS), `${lines[0]}\n`.repeat(20_000));
    let [next, count, parts, more] = [0, 0, 0, true];
    while (more) {
      const part = (await jsonOf(call(server, `/v1/runs/long/metrics?from=${next}`))) as unknown as {
        records: object[];
        next: number;
        more: boolean;
      };
      ({ next, more } = part);
      count += part.records.length;
      parts++;
    }
    assert.equal(count, 20_000);
    assert.ok(parts > 1);
    await rm(inside('long'), { recursive: true });
  });

  it('shows what the network made after each epoch, and nothing else of the folder', async () => {
    await train({ ...tiny, task: 'reconstruct', latent: 8, epochs: 2, tensorboard: true, out: inside('mirror') });
    const { samples } = (await jsonOf(call(server, '/v1/runs/mirror/samples'))) as unknown as {
      samples: { tag: string; step: number; id: string }[];
    };
    const epochs = (await jsonOf(call(server, '/v1/runs/mirror'))) as unknown as { epochs: { step: number }[] };
    assert.deepEqual(
      samples.map(({ tag, step }) => [tag, step]),
      epochs.epochs.map(({ step }) => ['validation/reconstructions', step]),
    );
    const pictures = await Promise.all(
      samples.map(async ({ id }) =>
        Buffer.from(await (await call(server, `/v1/runs/mirror/samples/${id}`)).arrayBuffer()),
      ),
    );
    const { width, format } = await sharp(pictures[1]).metadata();
    assert.deepEqual([format, width], ['png', 8 * 16 + 7 * 2]);
    assert.notDeepEqual(pictures[0], pictures[1]);
    const [start, at] = samples[0]!.id.split('-');
    for (const id of [
      `${start}-0`,
      `${start}-${Number(at) + 1}`,
      `${start}-99999999`,
      `1-${at}`,
      'config.json',
      '..%2fconfig.json',
    ])
      assert.equal((await call(server, `/v1/runs/mirror/samples/${id}`)).status, 404, id);
    assert.deepEqual(await jsonOf(call(server, '/v1/runs/done/samples')), { samples: [] });
    await rm(inside('mirror'), { recursive: true });
  });

  it('keeps to so many streams, and ends them when the server does', async () => {
    const streams = new EventStreams(1);
    const one = streams.of(inside('killed'), 0);
    assert.throws(() => streams.of(inside('killed'), 0), /1 runs are followed already/);
    streams.close();
    assert.match(await one.text(), /: here/);
    assert.throws(() => streams.of(inside('killed'), 0), /coming to its end/);
  });

  it('asks for a key where there are keys, but not for the page', async () => {
    const keyed = await openServing({ models: [], runs: root, reload: 0, keys: ['secret'] });
    after(() => keyed.close());
    for (const path of ['/v1/runs', '/v1/runs/done', '/v1/runs/done/metrics', '/v1/runs/done/events'])
      assert.equal((await call(keyed, path)).status, 401, path);
    assert.equal((await call(keyed, '/v1/runs', { headers: { 'X-API-Key': 'secret' } })).status, 200);
    assert.equal((await call(keyed, '/')).status, 200);
  });

  it('serves the page with isolation, a policy, and names that may be kept', async () => {
    const page = await call(server, '/');
    const text = await page.text();
    assert.match(page.headers.get('Content-Type')!, /^text\/html/);
    assert.equal(page.headers.get('Cache-Control'), 'no-cache');
    assert.equal(page.headers.get('Cross-Origin-Embedder-Policy'), 'require-corp');
    assert.match(page.headers.get('Content-Security-Policy')!, /script-src 'self' 'wasm-unsafe-eval';/);
    const again = await call(server, '/', { headers: { 'If-None-Match': page.headers.get('ETag')! } });
    assert.equal(again.status, 304);
    const [, script] = text.match(/src="\.\/(assets\/[^"]+\.js)"/)!;
    const asset = await call(server, `/${script}`);
    assert.match(asset.headers.get('Cache-Control')!, /immutable/);
    assert.match(asset.headers.get('Content-Type')!, /^text\/javascript/);
    const code = await call(server, '/engine/ort-wasm-simd-threaded.wasm', { method: 'HEAD' });
    assert.equal(code.headers.get('Content-Type'), 'application/wasm');
    for (const path of [
      '/package.json',
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/',
      '/assets/..%2f..%2fsrc/index.js',
    ])
      assert.equal((await call(server, path)).status, 404, path);
  });
});
