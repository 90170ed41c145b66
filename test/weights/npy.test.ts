import assert from 'node:assert/strict';
import { test } from 'node:test';
import { npyRows } from '../../src/weights/index.js';

test('a matrix as NumPy writes it', () => {
  const bytes = Buffer.concat([...npyRows([Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)])]);
  const header = bytes.subarray(10, 128).toString();
  assert.equal(bytes.subarray(0, 8).toString('latin1'), '\x93NUMPY\x01\x00');
  assert.equal(bytes.readUInt16LE(8), 118);
  assert.match(header, /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3\), \} +\n$/);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((i) => bytes.readFloatLE(128 + 4 * i)),
    [1, 2, 3, 4, 5, 6],
  );
  assert.equal(bytes.length, 128 + 24);
});

test('nothing is a matrix too', () => {
  assert.match(Buffer.concat([...npyRows([])]).toString('latin1'), /'shape': \(0, 0\)/);
});
