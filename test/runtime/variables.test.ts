/** Variables that several programs read and write in any order: memory is used again, and never that of a value that somebody needs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as g from '../../src/graph/index.js';
import { float32, openRuntime, type Program } from '../../src/runtime/index.js';
import { everyTarget } from '../lower/targets.js';

/** One that targets lay in blocks, so that a program writes it. */
const SHAPE = [32, 32, 3, 3];
const names = ['a', 'b', 'c'] as const;
type Name = (typeof names)[number];
type Values = Record<Name, number>;

/** Programs by what they do to numbers; each variable is that number everywhere. */
const works: Readonly<Record<string, (values: Values) => Partial<Values>>> = {
  'a + 1 into a': ({ a }) => ({ a: a + 1 }),
  'a + b into b': ({ a, b }) => ({ b: a + b }),
  'b - c into c, c into b': ({ b, c }) => ({ c: b - c, b: c }),
  'a into c': ({ a }) => ({ c: a }),
  'all of them': ({ a, b, c }) => ({ a: b, b: c + 1, c: a - 2 }),
  // a value that is written over, and one that looks like it
  'b + a / 2 into a': ({ a, b }) => ({ a: b + a / 2 }),
  'b + a / 2 into a, a into c': ({ a, b }) => ({ a: b + a / 2, c: a }),
};
const parameters = Object.fromEntries(names.map((name) => [name, g.parameter(name, SHAPE)])) as Record<Name, g.Value>;
const { a, b, c } = parameters;
const graphs: Readonly<Record<string, Partial<Record<Name, g.Value>>>> = {
  'a + 1 into a': { a: g.add(a, 1) },
  'a + b into b': { b: g.add(a, b) },
  'b - c into c, c into b': { c: g.sub(b, c), b: g.identity(c) },
  'a into c': { c: g.identity(a) },
  'all of them': { a: g.identity(b), b: g.add(c, 1), c: g.sub(a, 2) },
  'b + a / 2 into a': { a: g.add(b, g.mul(a, 0.5)) },
  'b + a / 2 into a, a into c': { a: g.add(b, g.mul(a, 0.5)), c: g.identity(a) },
};

const filled = (value: number) => float32(new Float32Array(g.elements(SHAPE)).fill(value), SHAPE);

const step = fc.oneof(
  fc.constantFrom(...Object.keys(works)).map((work) => ({ work })),
  fc.record({ write: fc.constantFrom(...names), value: fc.integer({ min: -9, max: 9 }), move: fc.boolean() }),
);

for (const target of everyTarget)
  test(`any order of writes and programs, ${target}`, async () => {
    const runtime = openRuntime({ threads: 1, target, ownThread: false });
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
          const values: Values = { a: 1, b: 2, c: 3 };
          const first = names.map((name) => [name, filled(values[name])] as const);
          await runtime.write(Object.fromEntries(first), { move: true });
          for (const [, { data }] of first) assert.equal(data.length, 0);
          const programs = new Map<string, Program>();
          for (const each of steps) {
            if ('write' in each) {
              values[each.write] = each.value;
              await runtime.write({ [each.write]: filled(each.value) }, { move: each.move });
            } else {
              const outputs = graphs[each.work] as Record<string, g.Value>;
              const next = Object.entries(outputs).map(([name, value]) => [`next ${name}`, value] as const);
              const updates = Object.fromEntries(Object.keys(outputs).map((name) => [`next ${name}`, name]));
              const program =
                programs.get(each.work) ??
                (await runtime.compile({ name: each.work, outputs: Object.fromEntries(next) }, { updates }));
              programs.set(each.work, program);
              await program.run({});
              Object.assign(values, works[each.work]!(values));
            }
            const found = await runtime.read(names);
            for (const name of names)
              assert.ok(
                (found[name]!.data as Float32Array).every((value) => value === values[name]),
                `${name} should be ${values[name]}, and begins with ${found[name]!.data[0]}`,
              );
          }
          for (const program of programs.values()) await program.release();
        }),
        { numRuns: 40 },
      );
    } finally {
      await runtime.close();
    }
  });
