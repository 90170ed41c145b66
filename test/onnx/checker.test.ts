/** The ONNX project's own checker, with shape inference, over exports of every operator. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeOnnx } from '../../src/onnx/index.js';
import { everyOp, graphOf } from './graphs.js';

const PYTHON = '/usr/bin/python3'; // Debian's, which finds Debian's python3-onnx
const absent = spawnSync(PYTHON, ['-c', 'import onnx']).status !== 0;

const CHECK = `
import pathlib, sys, onnx
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        onnx.checker.check_model(onnx.load(path), full_check=True)
    except Exception as error:
        print(path.name, error)
    else:
        print('accepted')
`;

test('the ONNX checker accepts every operator and its derivative', { skip: absent && 'no python3-onnx' }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resmirror-'));
  try {
    for (const op of everyOp)
      for (const draw of [0, 1, 2])
        await writeFile(join(folder, `${op}-${draw}.onnx`), writeOnnx(graphOf(op, draw).graph));
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', CHECK, folder], { encoding: 'utf8' });
    assert.deepEqual(
      stdout.split('\n').filter((line) => line !== '' && line !== 'accepted'),
      [],
      stderr,
    );
    assert.equal(stdout.match(/^accepted$/gm)?.length, 3 * everyOp.length);
  } finally {
    await rm(folder, { recursive: true });
  }
});
