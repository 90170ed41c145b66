/** Memory of a graph's values: who lives when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as g from '../../src/graph/index.js';

const x = g.input('x', [10]); // 40 bytes, not counted
const peak = (outputs: Record<string, g.Value>, elsewhere: string[] = []) =>
  g.peakBytes({ name: 'graph', outputs }, new Set(elsewhere));

test('of a chain, a value and the next one live together, however long it is', () => {
  const chain = (length: number) => {
    let value: g.Value = x;
    for (let i = 0; i < length; i++) value = g.sqrt(value);
    return value;
  };
  assert.equal(peak({ y: chain(1) }), 40);
  assert.equal(peak({ y: chain(2) }), 80);
  assert.equal(peak({ y: chain(9) }), 80);
});

test('a value lives until its last reader, an output to the end', () => {
  const early = g.sqrt(x);
  const later = g.sqrt(g.sqrt(early));
  assert.equal(peak({ y: g.add(later, early) }), 120); // early, later, their sum or what came between
  const end = g.sqrt(g.sqrt(g.sqrt(early)));
  assert.equal(peak({ early, end }), 120);
  assert.equal(peak({ early, end }, ['early']), 80);
});

test('types count as they are wide, and views take nothing', () => {
  const bytes = g.input('bytes', [10], 'uint8');
  assert.equal(g.bytesOf(bytes), 10);
  assert.equal(g.bytesOf(x), 40);
  const value = g.sqrt(x);
  assert.equal(peak({ y: g.reshape(value, [2, 5]) }), 40);
  assert.equal(peak({ y: g.sqrt(g.reshape(value, [2, 5])) }), 80); // the view keeps what it shows
});

test('outputs that are inputs take nothing, and free sizes are refused', () => {
  assert.equal(peak({ x }), 0);
  assert.throws(() => peak({ y: g.sqrt(g.input('x', ['n'])) }), /free size/);
});
