/** Every row of the derivative table against finite differences; rows without a derivative against their refusal. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { backward, hasDerivative, type NoDerivative, rules } from '../../src/autodiff/index.js';
import { UserError } from '../../src/errors.js';
import { constant, elements, nodesOf, type Op } from '../../src/graph/index.js';
import { random } from '../../src/random/index.js';
import { openRuntime } from '../../src/runtime/index.js';
import { everyTarget } from '../lower/targets.js';
import { cases } from './cases.js';
import { Draws } from './draws.js';
import { checkGradients } from './finite-differences.js';

const SEED = Number(process.env.SWEEP_SEED ?? 1);
const DRAWS = Number(process.env.SWEEP_DRAWS ?? 12);

const runtimes = everyTarget.map((target) => openRuntime({ threads: 1, target }));
after(() => Promise.all(runtimes.map((runtime) => runtime.close())));

const drawn = (op: Op, draw: number) => {
  const d = new Draws(random(SEED, 'sweep', op, draw));
  const y = cases[op](d);
  assert.ok(
    nodesOf([y]).some((node) => node.op === op),
    `the case of ${op} does not use it`,
  );
  return { d, y };
};

test('every operator of the derivative table has a case', () => {
  assert.deepEqual(Object.keys(cases).sort(), Object.keys(rules).sort());
});

for (const op of Object.keys(rules) as Op[])
  if (hasDerivative(op))
    test(`derivative of ${op}`, async () => {
      for (let draw = 0; draw < DRAWS; draw++) {
        const { d, y } = drawn(op, draw);
        for (const runtime of runtimes)
          await checkGradients(runtime, { y, feeds: d.feeds, wrt: d.smooth, random: d.random }).catch(
            async (error: Error) => {
              const where = `${op}, SWEEP_SEED=${SEED}, draw ${draw}, ${await runtime.target()}`;
              throw new Error(`${where}: ${error.message}`, { cause: error });
            },
          );
      }
    });
  else
    test(`${op} refuses to be differentiated`, () => {
      const { none } = rules[op] as NoDerivative;
      const { d, y } = drawn(op, 0);
      const seed = constant(new Float32Array(elements(y.shape)), y.shape);
      assert.throws(
        () => backward(y, d.smooth, seed),
        (error) =>
          error instanceof UserError &&
          error.message === `${op} has no derivative (${none}), but the loss depends on parameters through it`,
      );
      assert.match(none, /^[a-z].{20,}[^.]$/, 'a reason is a clause, set in brackets');
    });
