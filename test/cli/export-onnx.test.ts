/** What `export` writes for other programs: ONNX in several precisions, and Triton's folders. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { nodesOf } from '../../src/graph/index.js';
import { readOnnx } from '../../src/onnx/read.js';
import { float32, openRuntime } from '../../src/runtime/index.js';
import { readModel } from '../../src/weights/index.js';
import { writePhotos } from '../data/fixtures.js';
import { pattern, stray } from '../onnx/torch-golden.js';
import { run, workplace } from './program.js';

const folder = await workplace();
const source = join(import.meta.dirname, '../../../test');
const tiny = join(source, 'onnx/fixtures/tiny.onnx');
const runtime = openRuntime({ threads: 1 });
after(() => runtime.close());

const exported = async (...words: readonly string[]) => {
  const { code, stderr } = await run(folder, 'export', tiny, ...words);
  assert.equal(code, 0, stderr);
};
const at = (name: string) => join(folder, name);
const opsIn = async (name: string) =>
  new Set(nodesOf(Object.values(readOnnx(await readFile(at(name))).graph.outputs)).map(({ op }) => op));

/** As the engine reads the file, for a batch of three. */
async function logitsOf(path: string): Promise<Float32Array> {
  const program = await runtime.load(await readFile(path));
  const shape = [3, 3, 8, 8];
  const found = await program.run({ input: float32(pattern(shape), shape) });
  await program.release();
  return found.logits!.data as Float32Array;
}

test('norms are folded unless they are to be kept; halves answer as floats do', async () => {
  const expected = await logitsOf(tiny);
  await exported('--out', 'folded.onnx');
  await exported('--out', 'kept.onnx', '--keep-norms');
  await exported('--out', 'half.onnx', '--precision', 'fp16');
  assert.ok(!(await opsIn('folded.onnx')).has('BatchNormalization'));
  assert.ok((await opsIn('kept.onnx')).has('BatchNormalization'));
  assert.ok(stray(expected, await logitsOf(at('folded.onnx'))) < 1e-4);
  assert.ok(stray(expected, await logitsOf(at('kept.onnx'))) < 1e-5);
  const half = stray(expected, await logitsOf(at('half.onnx')));
  assert.ok(half > 0 && half < 1e-2, `halves stray by ${half}`);
  const { weights } = await readModel(at('half.onnx'));
  const numbers = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
  const size = (name: string) => stat(at(name)).then(({ size: bytes }) => bytes);
  assert.ok((await size('folded.onnx')) - (await size('half.onnx')) > 1.8 * numbers);
});

test('8-bit numbers need images, and images 8-bit numbers', async () => {
  await writePhotos(at('photos'), 8);
  await exported('--out', 'int8.onnx', '--precision', 'int8', '--calibrate', 'photos');
  assert.ok((await opsIn('int8.onnx')).has('QuantizeLinear'));
  assert.ok(stray(await logitsOf(tiny), await logitsOf(at('int8.onnx'))) < 0.2);
  const { code, stderr } = await run(folder, 'export', tiny, '--precision', 'int8');
  assert.equal(code, 2, stderr);
  assert.match(stderr, /--precision int8 and --calibrate belong together/);
});

test("Triton's folder has a configuration of the published schema, labels, and the model", async () => {
  await exported('--format', 'triton', '--out', 'repo', '--name', 'photos', '--pixels', '--max-batch', '16');
  assert.equal(await readFile(at('repo/photos/labels.txt'), 'utf8'), '0\n1\n2\n3\n4\n');
  const { graph } = readOnnx(await readFile(at('repo/photos/1/model.onnx')));
  assert.deepEqual(graph.outputs.probabilities!.shape, ['n', 5]);
  const again = await run(folder, 'export', tiny, '--format', 'triton', '--out', 'repo', '--name', 'photos');
  assert.match(again.stderr, /something is there already/);
  const bad = await run(folder, 'export', tiny, '--format', 'triton', '--out', 'repo', '--name', '../up');
  assert.match(bad.stderr, /expected --name of letters/);
});

const python = spawnSync('/usr/bin/python3', ['-c', 'import google.protobuf; print("there")'], { encoding: 'utf8' });
const skip = python.stdout.includes('there') ? false : 'no python3-protobuf';

test("the configuration parses by the schema's text form", { skip }, async () => {
  await exported('--format', 'triton', '--out', 'plain', '--name', 'tiny');
  const { status, stdout, stderr } = spawnSync(
    '/usr/bin/python3',
    [join(source, 'cli/triton/parse.py'), at('plain/tiny/config.pbtxt')],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), {
    name: 'tiny',
    backend: 'onnxruntime',
    max_batch_size: 32,
    input: [{ name: 'input', data_type: 'TYPE_FP32', dims: ['3', '8', '8'] }],
    output: [{ name: 'logits', data_type: 'TYPE_FP32', dims: ['5'], label_filename: 'labels.txt' }],
    dynamic_batching: {},
  });
});
