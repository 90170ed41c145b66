/** MS-SSIM, losses and the Fréchet distance against PyTorch and NumPy: quality.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { backward } from '../../src/autodiff/index.js';
import { fixedShape, input, parameter, reduceMean, type Value } from '../../src/graph/index.js';
import { frechetDistance } from '../../src/inference/frechet.js';
import { buildNetwork, resnet } from '../../src/models/index.js';
import { imagenetNormalisation } from '../../src/nn/index.js';
import { msSsim } from '../../src/optim/index.js';
import { float32, openRuntime, type Tensors } from '../../src/runtime/index.js';
import { judgeWeights } from '../../src/train/judges.js';
import { errorsOf } from '../../src/train/tasks/reconstruct.js';
import type { Model } from '../../src/weights/index.js';
import { everyTarget } from '../lower/targets.js';
import { digest, digestError, noise, parameterValue } from './rule.js';

type Shape = readonly [number, number, number, number];
interface Entry {
  readonly values: readonly number[];
  readonly gradient: readonly number[];
}
interface Pictures {
  readonly shape: Shape;
  readonly distance: number;
  readonly sign?: 1 | -1;
}
interface Golden {
  readonly pictures: Readonly<
    Record<
      string,
      Pictures & { readonly msSsim: readonly number[]; readonly 'ms-ssim': Entry; readonly 'ms-ssim-l1': Entry }
    >
  >;
  readonly perceptual: Pictures & Entry & { readonly stages: readonly number[]; readonly weight: number };
  readonly frechet: Readonly<
    Record<string, { readonly rows: readonly [number, number]; readonly columns: number; readonly distance: number }>
  >;
}
const golden = JSON.parse(
  readFileSync(new URL('../../../test/goldens/data/quality.json', import.meta.url), 'utf8'),
) as Golden;

const SAMPLES = 64;
// variances are differences of squares, which costs float32 two digits
const VALUE = 2e-5;
const GRADIENT = 1e-3;

/** The picture made, as a variable, and its target. */
function tensorsOf({ shape, distance, sign = 1 }: Pictures): Tensors {
  const target = noise('target', shape, 0.4, 0.5);
  const difference = noise('difference', shape, distance);
  const made = target.map((value, i) => 0.5 + sign * (value - 0.5) + difference[i]!);
  return { made: float32(made, shape), target: float32(target, shape) };
}

function close(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(actual[i]! - value) < VALUE, `${what}[${i}] is ${actual[i]}, expected ${value}`);
}

for (const target of everyTarget)
  describe(`losses of reconstruction equal PyTorch, ${target}`, () => {
    const runtime = openRuntime({ target });
    after(() => runtime.close());

    /** Losses per picture and the gradient of their mean, through the variables that a training has. */
    const check = async (pictures: Pictures, errors: (made: Value, target: Value) => Value, expected: Entry) => {
      const { made, target } = tensorsOf(pictures);
      await runtime.write({ made: made! });
      const x = parameter('made', pictures.shape);
      const values = errors(x, input('target', pictures.shape));
      const [gradient] = backward(reduceMean(values), [x]);
      const program = await runtime.compile({ name: 'loss', outputs: { values, gradient: gradient! } });
      const found = await program.run({ target: target! });
      await program.release();
      close(found.values!.data as Float32Array, expected.values, 'loss');
      const came = digest('gradient', found.gradient!.data as Float32Array, SAMPLES);
      const error = digestError(came, expected.gradient, made!.data.length);
      assert.ok(error < GRADIENT, `the gradient strays by ${error}`);
    };

    for (const [name, pictures] of Object.entries(golden.pictures)) {
      it(`MS-SSIM of ${name}`, async () => {
        const values = msSsim(input('made', pictures.shape), input('target', pictures.shape));
        const program = await runtime.compile({ name, outputs: { values } });
        close((await program.run(tensorsOf(pictures))).values!.data as Float32Array, pictures.msSsim, name);
        await program.release();
      });
      for (const loss of ['ms-ssim', 'ms-ssim-l1'] as const)
        it(`${loss} of ${name}`, () => check(pictures, errorsOf({ loss }), pictures[loss]));
    }

    it('perceptual', async () => {
      const { stages, weight, shape } = golden.perceptual;
      const network = resnet('RESNET18', { size: 224, classes: 10 });
      const weights = Object.fromEntries(
        [...buildNetwork(network).build.parameters.values()].map(({ source: { name }, shape }) => {
          const sizes = fixedShape(shape);
          return [name, float32(parameterValue(name, sizes), sizes)];
        }),
      ) as Model['weights'];
      const preprocessing = {
        size: [224, 224],
        channels: 3,
        cropRatio: 1,
        interpolation: 'bilinear',
        ...imagenetNormalisation,
      } as const;
      const card = {
        format: 1,
        task: 'classify',
        network: network.config,
        preprocessing,
        classes: [],
        metrics: {},
      } as const;
      const classifier: Model = { card, network, weights };
      await runtime.write(judgeWeights({ classifier }));
      const perceptual = { classifier: '', sha256: '', stages, weight };
      assert.notEqual(shape[2], preprocessing.size[0]); // pictures need not have the classifier's size
      await check(golden.perceptual, errorsOf({ loss: 'perceptual', perceptual }, classifier), golden.perceptual);
    });
  });

describe('the Fréchet distance equals NumPy', () => {
  const rowsOf = (name: string, [n, d]: readonly [number, number], place: (row: number[]) => number[]) => {
    const all = noise(name, [n, d], 1);
    return Array.from({ length: n }, (_, i) => place([...all.subarray(i * d, (i + 1) * d)]));
  };
  for (const [name, { rows, columns, distance }] of Object.entries(golden.frechet))
    it(`of sets of ${rows.join(' and ')} vectors of ${columns} numbers (${name})`, () => {
      const a = rowsOf('a', [rows[0], columns], ([first, second, ...rest]) => [first!, second! + 2 * first!, ...rest]);
      const b = rowsOf('b', [rows[1], columns], (row) => {
        const [first, second, ...rest] = row.map((value) => 1.5 * value + 0.25);
        return [first!, second! - first!, ...rest];
      });
      for (const came of [frechetDistance(a, b), frechetDistance(b, a)])
        assert.ok(Math.abs(came - distance) < 1e-6 * distance, `${came} instead of ${distance}`);
      assert.ok(frechetDistance(a, a) < 1e-9);
    });
});
