/** Which updates may be written over the value that they replace. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as g from '../../src/graph/index.js';
import { inPlace } from '../../src/runtime/in-place.js';

const [v, w, x] = [g.parameter('v', [3]), g.parameter('w', [3]), g.input('x', [3])];

/** The updates of one graph: output name -> its value, which goes to the variable after the arrow. */
const found = (outputs: Readonly<Record<string, g.Value>>): readonly string[] => {
  const updates = Object.keys(outputs).filter((output) => output.includes('>'));
  return inPlace({ name: 'graph', outputs }, Object.fromEntries(updates.map((output) => [output, output.slice(1)])));
};

test('what only those read that the result is made of', () => {
  assert.deepEqual(found({ '>v': g.add(g.mul(v, 0.9), x) }), ['>v']);
  const next = g.add(g.mul(v, 0.9), x);
  assert.deepEqual(found({ '>v': next, '>w': g.sub(w, next) }), ['>v'], 'the result may be read');
});

test('nothing that is read by the operator itself, later, or from outside', () => {
  assert.deepEqual(found({ '>w': g.sub(w, x) }), []);
  assert.deepEqual(found({ '>v': g.add(g.mul(v, 0.9), x), loss: g.mul(v, x) }), []);
  assert.deepEqual(found({ '>v': g.add(g.mul(v, 0.9), x), old: v }), []);
  assert.deepEqual(found({ '>v': g.add(g.reshape(v, [3, 1]), g.mul(x, 2)) }), [], 'a view is no copy');
  assert.deepEqual(found({ '>v': g.add(x, w) }), [], 'and nobody reads it at all');
});
