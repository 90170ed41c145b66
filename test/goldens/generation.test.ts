/** Losses of generation against PyTorch: generation.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { backward } from '../../src/autodiff/index.js';
import {
  add,
  conv,
  input,
  matmul,
  mul,
  parameter,
  parametersOf,
  reduceMean,
  reduceSum,
  relu,
  sigmoid,
  softplus,
  sub,
  type Value,
} from '../../src/graph/index.js';
import { Build, spectral } from '../../src/nn/index.js';
import {
  adversarialLosses,
  divergenceLoss,
  divergences,
  realGradients,
  reparameterised,
} from '../../src/optim/index.js';
import { float32, openRuntime } from '../../src/runtime/index.js';
import { everyTarget } from '../lower/targets.js';
import { noise } from './rule.js';

type Entry = { readonly value: number } & Readonly<Record<string, readonly number[]>>;
interface Golden {
  readonly settings: { readonly beta: number; readonly freeBits: number; readonly r1: number };
  readonly vae: {
    readonly divergences: readonly number[];
    readonly errors: number;
    readonly plain: Entry;
    readonly 'free-bits': Entry;
  };
  readonly adversarial: Readonly<
    Record<'hinge' | 'non-saturating', { readonly discriminator: Entry; readonly generator: Entry }>
  >;
  readonly r1: Entry;
  readonly spectral: Entry & { readonly norm: number; readonly rounds: number };
}
const golden = JSON.parse(
  readFileSync(new URL('../../../test/goldens/data/generation.json', import.meta.url), 'utf8'),
) as Golden;
const { beta, freeBits, r1 } = golden.settings;

const TOLERANCE = 1e-5;

function close(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  const scale = Math.max(1, ...expected.map(Math.abs));
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(actual[i]! - value) < TOLERANCE * scale, `${what}[${i}] is ${actual[i]}, expected ${value}`);
}

for (const target of everyTarget)
  describe(`losses of generation equal PyTorch, ${target}`, () => {
    const runtime = openRuntime({ target });
    after(() => runtime.close());

    /** The loss at parameters that are filled by the rule, with its gradients, and further outputs. */
    const check = async (
      loss: Value,
      amplitudes: Readonly<Record<string, number>>,
      { value, ...gradients }: Entry,
      feeds: Readonly<Record<string, ReturnType<typeof float32>>> = {},
    ) => {
      const wrt = parametersOf({ name: 'loss', outputs: { loss } });
      await runtime.write(
        Object.fromEntries(
          wrt.map(({ source: { name }, shape }) => [
            name,
            float32(noise(name, shape as number[], amplitudes[name]!), shape as number[]),
          ]),
        ),
      );
      const slopes = backward(loss, wrt);
      const named = wrt.map(({ source }, i) => [`slope of ${source.name}`, slopes[i]!] as const);
      const program = await runtime.compile({ name: 'loss', outputs: { loss, ...Object.fromEntries(named) } });
      const found = await program.run(feeds);
      await program.release();
      close(found.loss!.data as Float32Array, [value], 'loss');
      const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
      const names = wrt.map(({ source }) => source.name);
      assert.deepEqual(names.map(camel).sort(), Object.keys(gradients).sort());
      for (const name of names) close(found[`slope of ${name}`]!.data as Float32Array, gradients[camel(name)]!, name);
    };

    it('of a variational autoencoder', async () => {
      const shape = [4, 6];
      const mean = parameter('mean', shape);
      const logVariance = parameter('log-variance', shape);
      const given = { noise: float32(noise('noise', shape, 2), shape) };
      const fixed = (name: string, size: number[], amplitude: number, base = 0) => ({
        value: input(name, size),
        tensor: float32(noise(name, size, amplitude, base), size),
      });
      const decoder = fixed('decoder', [6, 12], 0.5);
      const wanted = fixed('target', [4, 12], 0.4, 0.5);
      const made = sigmoid(matmul(reparameterised(mean, logVariance, input('noise', shape)), decoder.value));
      const difference = sub(made, wanted.value);
      const errors = reduceMean(reduceSum(mul(difference, difference), { axes: [1] }));
      const kl = divergences(mean, logVariance);
      const feeds = { ...given, decoder: decoder.tensor, target: wanted.tensor };
      const amplitudes = { mean: 1, 'log-variance': 1 };
      await check(add(errors, mul(divergenceLoss(kl), beta)), amplitudes, golden.vae.plain, feeds);
      await check(add(errors, mul(divergenceLoss(kl, { freeBits }), beta)), amplitudes, golden.vae['free-bits'], feeds);
      const program = await runtime.compile({ name: 'parts', outputs: { kl, errors } });
      const found = await program.run(feeds);
      close(found.kl!.data as Float32Array, golden.vae.divergences, 'divergences');
      close(found.errors!.data as Float32Array, [golden.vae.errors], 'errors');
    });

    for (const [name, { discriminator, generator }] of Object.entries(golden.adversarial))
      it(`of adversaries, ${name}`, async () => {
        const losses = adversarialLosses[name as keyof typeof adversarialLosses];
        const [real, made] = [parameter('real', [6]), parameter('made', [6])];
        await check(reduceMean(losses.discriminator(real, made)), { real: 2, made: 2 }, discriminator);
        await check(reduceMean(losses.generator(made)), { made: 2 }, generator);
      });

    it('of slopes at real images', async () => {
      const images = input('images', [2, 3, 6, 6]);
      const first = relu(conv(images, parameter('first', [4, 3, 3, 3]), { pads: 1 }));
      const maps = relu(conv(first, parameter('second', [5, 4, 3, 3]), { pads: 1, strides: 2 }));
      const scores = reduceSum(softplus(reduceSum(maps, { axes: [2, 3] })), { axes: [1] });
      const loss = mul(reduceMean(realGradients(scores, images)), r1);
      const feeds = { images: float32(noise('images', [2, 3, 6, 6], 1), [2, 3, 6, 6]) };
      await check(loss, { first: 0.5, second: 0.5 }, golden.r1, feeds);
    });

    it('and spectral normalisation', async () => {
      const { value, norm, rounds, u, v, weight: gradient } = golden.spectral;
      const build = new Build({ training: true, reform: spectral });
      const used = build.weight('weight', [5, 3, 3, 3], { initial: { kind: 'constant', value: 0 } });
      const weight = build.parameters.get('weight')!;
      const loss = reduceSum(mul(used, input('probe', [5, 3, 3, 3])));
      const unit = (name: string, length: number) => {
        const values = noise(name, [length], 1);
        const size = Math.hypot(...values);
        return float32(
          values.map((one) => one / size),
          [length],
        );
      };
      await runtime.write({
        weight: float32(noise('weight', [5, 3, 3, 3], 1), [5, 3, 3, 3]),
        weight_u: unit('u', 5),
        weight_v: unit('v', 27),
      });
      const [slope] = backward(loss, [weight]);
      const next = Object.fromEntries([...build.updates].map(([name, tracked]) => [`next:${name}`, tracked]));
      const updates = Object.fromEntries([...build.updates.keys()].map((name) => [`next:${name}`, name]));
      const program = await runtime.compile({ name: 'step', outputs: { loss, slope: slope!, ...next } }, { updates });
      const feeds = { probe: float32(noise('probe', [5, 3, 3, 3], 1), [5, 3, 3, 3]) };
      const found = await program.run(feeds);
      close(found.loss!.data as Float32Array, [value], 'loss');
      close(found.slope!.data as Float32Array, gradient!, 'slope');
      for (let round = 1; round < rounds; round++) await program.run(feeds);
      const now = await runtime.read(['weight_u', 'weight_v']);
      close(now.weight_u!.data as Float32Array, u!, 'u');
      close(now.weight_v!.data as Float32Array, v!, 'v');
      for (let round = 0; round < 60; round++) await program.run(feeds);
      const settled = await program.run(feeds, ['loss']);
      const weights = noise('weight', [5, 3, 3, 3], 1);
      const product = noise('probe', [5, 3, 3, 3], 1).reduce((sum, one, i) => sum + one * weights[i]!, 0);
      close(settled.loss!.data as Float32Array, [product / norm], 'the weight over its norm');
    });
  });
