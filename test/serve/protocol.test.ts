/** The Open Inference Protocol: what its documents ask for, and that numbers are Predictor's. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import * as v from 'valibot';
import { Generator } from '../../src/inference/generator.js';
import { Predictor } from '../../src/inference/index.js';
import { InferResponse, ModelMetadata } from '../../src/serve/protocol/schemas.js';
import { temporaryFolder, writePhotos } from '../data/fixtures.js';
import { CLASSES, call, jsonOf, models, post, serving, size } from './models.js';

const LENGTH = 'Inference-Header-Content-Length';
const folder = await temporaryFolder();
const server = await serving(folder, ['classifier', 'maker']);
after(() => server.close());

/** Prepared pixels of three photos, and the probabilities that Predictor gives. */
const rows = await (async () => {
  const predictor = Predictor.open(models.classifier, { threads: 1 });
  const found: { seen: Uint8Array; value: number[] }[] = [];
  for await (const { seen, value } of predictor.classify(await writePhotos(folder, 3), { top: CLASSES.length }))
    found.push({
      seen: seen.slice(),
      value: CLASSES.map((name) => value.find(({ label }) => label === name)!.probability),
    });
  await predictor.close();
  return found;
})();
const pixels = Buffer.concat(rows.map(({ seen }) => seen));
const shape = [3, ...size, 3];
const INFER = '/v2/models/classifier/infer';

const near = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  assert.equal(a.length, b.length);
  for (let i = 0; i < a.length; i++) assert.ok(Math.abs(a[i]! - b[i]!) < 1e-5, `${a[i]} and ${b[i]}`);
};
const input = (more: object) => ({ name: 'images', shape, datatype: 'UINT8', ...more });
const binary = (request: object, bytes: Uint8Array) => {
  const head = Buffer.from(JSON.stringify(request));
  const headers = { [LENGTH]: `${head.length}`, 'Content-Type': 'application/octet-stream' };
  return call(server, INFER, { body: Buffer.concat([head, bytes]), headers });
};

describe('the inference protocol', () => {
  it('tells of the server, of models and of versions', async () => {
    const { name, version, extensions } = await jsonOf(call(server, '/v2'));
    assert.deepEqual([name, version, extensions], ['resmirror', '0.1.0', ['binary_tensor_data']]);
    for (const path of [
      '/v2/health/live',
      '/v2/health/ready',
      '/v2/models/maker/ready',
      '/v2/models/maker/versions/1/ready',
    ])
      assert.equal((await call(server, path)).status, 200, path);
    for (const path of ['/v2/models/classifier', '/v2/models/classifier/versions/1'])
      assert.deepEqual(v.parse(ModelMetadata, await jsonOf(call(server, path))), {
        name: 'classifier',
        versions: ['1'],
        platform: 'onnxruntime_resmirror',
        inputs: [{ name: 'images', datatype: 'UINT8', shape: [-1, ...size, 3] }],
        outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, CLASSES.length] }],
      });
  });

  it("gives Predictor's probabilities for JSON, flat or nested, and echoes ids", async () => {
    const nested = rows.map(({ seen }) =>
      Array.from({ length: size[0] }, (_, y) =>
        Array.from({ length: size[1] }, (_, x) =>
          Array.from(seen.subarray((y * size[1] + x) * 3, (y * size[1] + x) * 3 + 3)),
        ),
      ),
    );
    for (const data of [Array.from(pixels), nested]) {
      const request = { id: 'a-7', parameters: { unknown: 1 }, inputs: [input({ data, parameters: { odd: true } })] };
      const answer = v.parse(InferResponse, await jsonOf(post(server, INFER, request)));
      assert.deepEqual([answer.model_name, answer.model_version, answer.id], ['classifier', '1', 'a-7']);
      const [output] = answer.outputs;
      assert.deepEqual([output!.name, output!.datatype, output!.shape], ['probabilities', 'FP32', [3, CLASSES.length]]);
      near(
        output!.data as number[],
        rows.flatMap(({ value }) => value),
      );
    }
  });

  it('takes and gives tensors as bytes', async () => {
    const inputs = [input({ parameters: { binary_data_size: pixels.length } })];
    const plain = await jsonOf(binary({ inputs }, pixels));
    near(
      (plain.outputs as unknown as { data: number[] }[])[0]!.data,
      rows.flatMap(({ value }) => value),
    );
    for (const wish of [
      { parameters: { binary_data_output: true } },
      { outputs: [{ name: 'probabilities', parameters: { binary_data: true } }] },
    ]) {
      const response = await binary({ inputs, ...wish }, pixels);
      assert.equal(response.headers.get('Content-Type'), 'application/octet-stream');
      const bytes = Buffer.from(await response.arrayBuffer());
      const at = Number(response.headers.get(LENGTH));
      const head = v.parse(InferResponse, JSON.parse(bytes.subarray(0, at).toString()));
      assert.deepEqual(head.outputs[0]!.parameters, { binary_data_size: 3 * CLASSES.length * 4 });
      near(
        new Float32Array(new Uint8Array(bytes.subarray(at)).buffer),
        rows.flatMap(({ value }) => value),
      );
    }
    const refused = {
      inputs,
      parameters: { binary_data_output: true },
      outputs: [{ name: 'probabilities', parameters: { binary_data: false } }],
    };
    assert.equal((await binary(refused, pixels)).headers.get(LENGTH), null);
  });

  it('reads and writes much JSON beside the event loop, with the same results', async () => {
    const many = 30;
    const all = Array.from({ length: many * 1152 }, (_, i) => pixels[i % pixels.length]!);
    const inputs = [input({ shape: [many, ...size, 3], data: all })];
    assert.ok(JSON.stringify(inputs).length > 2 ** 16);
    const { outputs, id } = await jsonOf(post(server, INFER, { id: 'large', inputs }));
    assert.equal(id, 'large');
    const [{ data }] = outputs as unknown as [{ data: number[] }];
    for (let row = 0; row < many; row++)
      near(data.slice(row * CLASSES.length, (row + 1) * CLASSES.length), rows[row % rows.length]!.value);
    const wrong = await post(server, INFER, {
      inputs: [input({ shape: [many, ...size, 3], data: [...all.slice(1), 256] })],
    });
    assert.equal(wrong.status, 400);
    assert.match((await jsonOf(wrong)).error, /whole numbers from 0 to 255 for images, got 256/);
    const vectors = {
      name: 'vectors',
      shape: [20, 6],
      datatype: 'FP32',
      data: Array.from({ length: 120 }, (_, i) => Math.cos(i)),
    };
    const asked = { id: '"data":[]', inputs: [vectors] };
    const answer = v.parse(InferResponse, await jsonOf(post(server, '/v2/models/maker/infer', asked)));
    assert.equal(answer.id, asked.id);
    const [written] = answer.outputs;
    const wish = { ...asked, parameters: { binary_data_output: true } };
    const raw = await post(server, '/v2/models/maker/infer', wish);
    const bytes = new Uint8Array(await raw.arrayBuffer());
    assert.ok(written!.data!.length > 2 ** 13);
    assert.deepEqual(written!.shape, [20, ...size, 3]);
    assert.deepEqual(Uint8Array.from(written!.data as number[]), bytes.slice(Number(raw.headers.get(LENGTH))));
  });

  it('gives images of vectors', async () => {
    const generator = Generator.open(models.maker, { threads: 1 });
    const vector = Float32Array.of(0.5, -1, 2, 0, 0.25, -0.75);
    const [expected] = await generator.decode([{ vector }]);
    await generator.close();
    const inputs = [{ name: 'vectors', shape: [1, 6], datatype: 'FP32', data: [Array.from(vector)] }];
    const { outputs } = await jsonOf(post(server, '/v2/models/maker/infer', { inputs }));
    const [{ name, datatype, data }] = outputs as unknown as [{ name: string; datatype: string; data: number[] }];
    assert.deepEqual([name, datatype], ['pixels', 'UINT8']);
    assert.deepEqual(Uint8Array.from(data), expected);
  });

  it('refuses what does not fit, and says what was expected', async () => {
    const data = Array.from(pixels);
    const cases: readonly (readonly [request: unknown, status: number, says: RegExp])[] = [
      [{}, 400, /inputs is missing/],
      [{ inputs: [] }, 400, /inputs/],
      [{ inputs: [input({ name: 'x', data })] }, 400, /no input is called 'x': expected images/],
      [{ inputs: [input({ data }), input({ data })] }, 400, /no input is called 'images'/],
      [{ inputs: [input({ datatype: 'FP32', data })] }, 400, /expected images as UINT8 \[n, 16, 24, 3\], got FP32/],
      [{ inputs: [input({ shape: [3, 16, 24], data })] }, 400, /got UINT8 \[3, 16, 24\]/],
      [{ inputs: [input({ shape: [0, 16, 24, 3], data: [] })] }, 400, /got UINT8 \[0/],
      [{ inputs: [input({ shape: [1e9, 16, 24, 3], data })] }, 400, /expected 1152000000000 numbers/],
      [{ inputs: [input({ data: data.slice(1) })] }, 400, /expected 3456 numbers for images, got 3455/],
      [{ inputs: [input({ data: [256, ...data.slice(1)] })] }, 400, /from 0 to 255.*got 256/],
      [{ inputs: [input({ data: ['7', ...data.slice(1)] })] }, 400, /got "7"/],
      [{ inputs: [input({})] }, 400, /got none/],
      [{ inputs: [input({ parameters: { binary_data_size: 9 } })] }, 400, /expected 3456 bytes/],
      [{ inputs: [input({ parameters: { binary_data_size: 3456 } })] }, 400, /with 0 bytes behind/],
      [
        { inputs: [input({ data })], outputs: [{ name: 'logits' }] },
        400,
        /no output is called 'logits': expected probabilities/,
      ],
    ];
    for (const [request, status, says] of cases) {
      const response = await post(server, INFER, request);
      assert.equal(response.status, status);
      assert.match((await jsonOf(response)).error, says);
    }
    for (const body of ['', '{', '\xff']) assert.equal((await call(server, INFER, { body })).status, 400);
    const good = [input({ parameters: { binary_data_size: pixels.length } })];
    assert.match(
      (await jsonOf(binary({ inputs: good }, Buffer.concat([pixels, pixels])))).error,
      /3456 bytes stand behind/,
    );
    for (const length of ['-1', 'x', '999999'])
      assert.equal((await call(server, INFER, { body: '{}', headers: { [LENGTH]: length } })).status, 400, length);
  });

  it('knows no other models and versions, whatever their names look like', async () => {
    for (const name of [
      'none',
      '../../etc/passwd',
      '..%2F..%2Fetc%2Fpasswd',
      '%2e%2e',
      'classifier.safetensors',
      '__proto__',
      '%00',
      '%ff',
    ]) {
      for (const path of [
        `/v2/models/${name}`,
        `/v2/models/${encodeURIComponent(name)}/ready`,
        `/v1/models/${encodeURIComponent(name)}/classify`,
      ]) {
        const response = await call(server, path, path.endsWith('classify') ? { body: 'x' } : {});
        assert.equal(response.status, 404, path);
        const { error } = await jsonOf(response);
        assert.doesNotMatch(error, new RegExp(folder));
      }
    }
    assert.match((await jsonOf(call(server, '/v2/models/maker/versions/2'))).error, /has no version '2', only 1/);
    assert.equal((await post(server, '/v2/models/maker/versions/2/infer', {})).status, 404);
    assert.equal((await call(server, '/v2/models/maker/infer')).status, 405);
    assert.equal((await call(server, '/etc/passwd')).status, 404);
  });

  it('gives up at the timeout of a request, in microseconds as Triton has it', async () => {
    const inputs = [input({ data: Array.from(pixels) })];
    const slow = await serving(folder, ['classifier'], { batch: { max: 8, delay: 60_000 } });
    const response = await post(slow, INFER, { inputs, parameters: { timeout: 20_000 } });
    assert.equal(response.status, 504);
    await slow.close();
  });
});
