/** Images in as they are; what comes out is what the library says of the same files. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import * as v from 'valibot';
import { Explainer } from '../../src/inference/explainer.js';
import { Generator } from '../../src/inference/generator.js';
import { Predictor } from '../../src/inference/index.js';
import { stagesOfImages } from '../../src/inference/layers.js';
import { principalPictures } from '../../src/inference/map-pictures.js';
import { drawAttributions, drawClassMap, type Raster, zoomed } from '../../src/inference/overlay.js';
import { randomPoints } from '../../src/inference/points.js';
import * as schemas from '../../src/serve/images/schemas.js';
import { drawing, temporaryFolder, writePhotos } from '../data/fixtures.js';
import { CLASSES, call, jsonOf, models, photo, post, serving, size } from './models.js';

const folder = await temporaryFolder();
const server = await serving(folder, ['classifier', 'coder', 'maker', 'variational']);
after(() => server.close());
const paths = await writePhotos(folder, 3);
const files = await Promise.all(paths.map((path) => readFile(path)));
const list = files.map((bytes) => bytes.toString('base64'));

async function all<T, U>(answers: AsyncIterable<T>, of: (answer: T) => U): Promise<U[]> {
  const found: U[] = [];
  for await (const answer of answers) found.push(of(answer));
  return found;
}
const raw = async (bytes: Uint8Array | string) =>
  new Uint8Array(
    await sharp(typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : bytes)
      .raw()
      .toBuffer(),
  );

/** Whether pictures are the same, but for what rounding in batches of other sizes does to colours. */
function alike(found: Uint8Array, expected: Uint8Array): void {
  assert.equal(found.length, expected.length);
  const far = found.filter((value, i) => Math.abs(value - expected[i]!) > 3).length;
  assert.ok(far < 0.01 * found.length, `${far} of ${found.length} numbers are others`);
}

describe('images over HTTP', () => {
  it('are classified as by Predictor, as a file, a form or a list', async () => {
    const predictor = Predictor.open(models.classifier, { threads: 1 });
    const expected = await all(predictor.classify(paths, { top: 2 }), ({ value }) => value);
    await predictor.close();
    const form = new FormData();
    for (const bytes of files) form.append('file', new Blob([bytes]), 'x.jpg');
    const path = '/v1/models/classifier/classify?top=2';
    const many = [post(server, path, list), post(server, path, { images: list }), call(server, path, { body: form })];
    const one = call(server, path, {
      body: files[0]!,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    for (const response of [...many, one]) {
      const { model, version, results } = v.parse(schemas.Classified, await jsonOf(response));
      assert.deepEqual([model, version], ['classifier', '1']);
      assert.equal(results.length, response === one ? 1 : 3);
      for (const [i, { classes }] of results.entries())
        for (const [k, { label, probability }] of classes.entries()) {
          assert.equal(label, expected[i]![k]!.label);
          assert.ok(Math.abs(probability - expected[i]![k]!.probability) < 1e-5);
        }
    }
  });

  it('become vectors', async () => {
    const predictor = Predictor.open(models.coder, { threads: 1 });
    const expected = await all(predictor.embed(paths), ({ value }) => value.slice());
    await predictor.close();
    const { results } = v.parse(schemas.Embedded, await jsonOf(post(server, '/v1/models/coder/embed', list)));
    for (const [i, { vector }] of results.entries())
      for (const [k, value] of vector.entries()) assert.ok(Math.abs(value - expected[i]![k]!) < 1e-5);
  });

  it('come back from an autoencoder as PNG, WebP or JPEG, or within JSON', async () => {
    const predictor = Predictor.open(models.coder, { threads: 1 });
    const expected = await all(predictor.reconstruct(paths), ({ value }) => value.slice());
    await predictor.close();
    const path = '/v1/models/coder/versions/1/reconstruct';
    const { results } = v.parse(schemas.Reconstructed, await jsonOf(post(server, path, list)));
    for (const [i, { type, image }] of results.entries()) {
      assert.equal(type, 'image/png');
      assert.deepEqual(await raw(image), expected[i]);
    }
    for (const [accept, format] of [
      ['image/*', 'png'],
      ['image/webp', 'webp'],
      ['image/jpeg;q=0.9, image/png;q=0.1', 'jpeg'],
    ] as const) {
      const response = await call(server, path, { body: files[0]!, headers: { Accept: accept } });
      assert.equal(response.headers.get('Content-Type'), `image/${format}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      assert.equal((await sharp(bytes).metadata()).format, format);
      if (format === 'png') assert.deepEqual(await raw(bytes), expected[0]);
    }
    assert.equal((await post(server, path, list, { Accept: 'image/png' })).status, 406);
    assert.equal((await post(server, path, list, { Accept: 'text/html' })).status, 406);
  });

  it('are explained as by Explainer', async () => {
    const explainer = Explainer.open(models.classifier, { threads: 1 });
    const [expected] = await all(
      explainer.gradCam(paths.slice(0, 1), { class: 'bee', stage: 1 }),
      ({ value, seen }) => ({
        ...value,
        drawn: drawClassMap({ data: seen, height: size[0], width: size[1], channels: 3 }, value),
      }),
    );
    await explainer.close();
    const answer = call(server, '/v1/models/classifier/explain?class=bee&stage=1', { body: files[0]! });
    const [result] = v.parse(schemas.Explained, await jsonOf(answer)).results;
    assert.equal(result!.label, 'bee');
    assert.ok(Math.abs(result!.probability! - expected!.probability) < 1e-5);
    assert.deepEqual(await raw(result!.image), expected!.drawn.data);
    const usual = v.parse(
      schemas.Explained,
      await jsonOf(call(server, '/v1/models/classifier/explain', { body: files[0]! })),
    );
    assert.ok(CLASSES.includes(usual.results[0]!.label!));
    assert.equal(usual.results[0]!.method, 'grad-cam');
  });

  it('are explained by integrated gradients and by maps of a stage too, as the library does', async () => {
    const raster = (seen: Uint8Array) => ({ data: seen, height: size[0], width: size[1], channels: 3 as const });
    const explainer = Explainer.open(models.classifier, { threads: 1 });
    const drawn = await all(explainer.integratedGradients(paths, { class: 'bee', steps: 6 }), ({ value, seen }) =>
      drawAttributions(raster(seen), value),
    );
    await explainer.close();
    const path = '/v1/models/classifier/explain?method=integrated-gradients&class=bee&steps=6';
    const { results } = v.parse(schemas.Explained, await jsonOf(post(server, path, list)));
    assert.deepEqual([results[0]!.label, results[0]!.method], ['bee', 'integrated-gradients']);
    for (const [i, { image }] of results.entries()) alike(await raw(image), drawn[i]!.data);
    for (const name of ['classifier', 'coder'] as const) {
      const predictor = Predictor.open(models[name], { threads: 1 });
      const [stage] = stagesOfImages(models[name]) as [string];
      const pictures = await all(predictor.features(paths, { at: [stage] }), ({ value, seen }) => {
        const [picture] = principalPictures([value[stage]!], [raster(seen)]) as [Raster];
        return zoomed(picture, Math.floor(size[1] / picture.width));
      });
      await predictor.close();
      const answer = await post(server, `/v1/models/${name}/explain?method=features&stage=1`, list);
      const found = v.parse(schemas.Explained, await jsonOf(answer)).results;
      assert.deepEqual([found.length, found[0]!.label], [files.length, undefined]);
      for (const [i, { image }] of found.entries()) alike(await raw(image), pictures[i]!.data);
    }
  });

  it('are made as by Generator', async () => {
    for (const name of ['maker', 'variational'] as const) {
      const generator = Generator.open(models[name], { threads: 1 });
      const points = randomPoints(generator, { count: 3, seed: 5 });
      const expected = await generator.decode(points);
      await generator.close();
      const path = `/v1/models/${name}/generate`;
      const { results } = v.parse(schemas.Generated, await jsonOf(post(server, path, { count: 3, seed: 5 })));
      assert.equal(results.length, 3);
      for (const [i, { image }] of results.entries()) assert.deepEqual(await raw(image), expected[i]);
      const [{ vector }] = points as [{ vector: Float32Array }];
      const same = await post(server, path, { vectors: [Array.from(vector)] }, { Accept: 'image/png' });
      assert.deepEqual(await raw(new Uint8Array(await same.arrayBuffer())), expected[0]);
    }
    const png = await call(server, '/v1/models/maker/generate', { method: 'POST', headers: { Accept: 'image/png' } });
    assert.equal(png.headers.get('Content-Type'), 'image/png');
  });

  it('are refused where they do not fit, with the right status', async () => {
    const cases: readonly (readonly [path: string, body: unknown, status: number, says: RegExp])[] = [
      ['classifier/classify?top=0', list, 400, /top: expected/],
      ['classifier/classify?tip=1', list, 400, /there is no 'tip'/],
      ['classifier/classify', [], 400, /list of images/],
      ['classifier/classify', ['%%%'], 400, /list of images/],
      [
        'classifier/classify',
        [list[0], Buffer.from('no image').toString('base64')],
        415,
        /^image 2: expected JPEG, PNG/,
      ],
      [
        'classifier/classify',
        [files[0]!.subarray(0, 200).toString('base64')],
        400,
        /^the image: it is truncated or damaged/,
      ],
      ['classifier/classify', new Array(65).fill(list[0]), 413, /at most 64 images, got 65/],
      ['classifier/reconstruct', list, 400, /cannot reconstruct; it can classify, embed, explain/],
      ['classifier/explain?class=yak', list, 400, /no class is called 'yak'/],
      ['classifier/explain?stage=9', list, 400, /stage from 1 to 2, got 9/],
      ['classifier/explain?method=magic', list, 400, /method: expected/],
      ['classifier/explain?steps=5', list, 400, /steps changes nothing with grad-cam/],
      ['classifier/explain?method=features&class=bee', list, 400, /class changes nothing with features/],
      [
        'classifier/explain?method=integrated-gradients&steps=100',
        list,
        413,
        /at most 256 steps for all images, got 3 of 100/,
      ],
      ['coder/explain?method=grad-cam', list, 400, /expected the method features for this model, got grad-cam/],
      ['maker/generate', { count: 65 }, 400, /count/],
      ['maker/generate', { vectors: [[1]] }, 400, /vectors of 6 numbers, got one of 1/],
      ['variational/generate', { class: 'yak' }, 400, /'yak'/],
    ];
    for (const [path, body, status, says] of cases) {
      const response = await post(server, `/v1/models/${path}`, body);
      assert.equal(response.status, status, path);
      assert.match((await jsonOf(response)).error, says);
    }
    const damaged = await post(server, '/v1/models/classifier/classify', [
      ...new Array(20).fill(list[0]),
      '%'.repeat(70_000),
    ]);
    assert.deepEqual([damaged.status, /list of images/.test((await jsonOf(damaged)).error)], [400, true]);
    assert.equal((await call(server, '/v1/models/classifier/classify', { body: '' })).status, 400);
    const form = { body: 'x', headers: { 'Content-Type': 'multipart/form-data; boundary=b' } };
    assert.equal((await call(server, '/v1/models/classifier/classify', form)).status, 400);
  });

  it('do no harm: bombs, SVG that names other files, compressed and large bodies', async () => {
    const path = '/v1/models/classifier/classify';
    const bomb = Buffer.from(await photo());
    const frame = bomb.indexOf(Buffer.from([0xff, 0xc0])); // baseline frame: length, precision, height, width
    bomb.writeUInt16BE(50_000, frame + 5);
    bomb.writeUInt16BE(50_000, frame + 7);
    const large = await call(server, path, { body: bomb });
    assert.equal(large.status, 413);
    assert.match((await jsonOf(large)).error, /50000 x 50000 pixels, more than the limit of 25 million/);
    const png = Buffer.from(await drawing(8, 8).png().toBuffer());
    png.writeUInt32BE(50_000, 16); // IHDR: width, height, and a sum over its 17 bytes
    png.writeUInt32BE(50_000, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    assert.equal((await call(server, path, { body: png })).status, 413);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9"><image xlink:href="file://${paths[0]}" width="9" height="9"/></svg>`;
    for (const body of [svg, `<?xml version="1.0"?>${svg}`])
      assert.equal((await call(server, path, { body, headers: { 'Content-Type': 'image/svg+xml' } })).status, 415);
    assert.equal((await call(server, path, { body: files[0]!, headers: { 'Content-Encoding': 'gzip' } })).status, 415);
    assert.equal((await call(server, path, { body: new Uint8Array(16_000_001) })).status, 413);
    assert.equal((await call(server, path, { body: files[0]! })).status, 200);
  });

  it('are told of by the list of models and by an OpenAPI document of the same schemas', async () => {
    const listed = v.parse(schemas.ModelList, await jsonOf(call(server, '/v1/models')));
    assert.deepEqual(
      listed.models.map(({ name, verbs }) => [name, verbs.join(' ')]),
      [
        ['classifier', 'classify embed explain'],
        ['coder', 'reconstruct embed explain'],
        ['maker', 'generate'],
        ['variational', 'generate embed explain'],
      ],
    );
    const { methods } = listed.models[0]!;
    assert.deepEqual(methods[1], { name: 'integrated-gradients', takes: ['class', 'steps'] });
    assert.deepEqual(
      listed.models.map(({ methods }) => methods.length),
      [3, 1, 0, 1],
    );
    const { openapi, paths: known } = (await jsonOf(call(server, '/openapi.json'))) as unknown as {
      openapi: string;
      paths: Record<string, { post?: { parameters: { name: string; schema: object }[]; responses: object } }>;
    };
    assert.equal(openapi, '3.1.0');
    const { parameters, responses } = known['/v1/models/{name}/versions/{version}/classify']!.post!;
    assert.deepEqual(
      parameters.map(({ name }) => name),
      ['name', 'version', 'top'],
    );
    assert.deepEqual(parameters[2]!.schema, { type: 'integer', minimum: 1, maximum: 1000, default: 5 });
    assert.deepEqual(Object.keys(responses), ['200', '400', '401', '404', '406', '413', '415', '503', '504']);
    for (const path of ['/v2', '/v2/models/{name}/infer', '/metrics', '/openapi.json']) assert.ok(known[path], path);
  });
});
