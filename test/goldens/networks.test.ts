/** Every depth in both directions against PyTorch: outputs, loss, every gradient, every running statistic. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { after, describe, it } from 'node:test';
import { backward } from '../../src/autodiff/index.js';
import { elements, fixedShape, input, type ParameterValue, type Value } from '../../src/graph/index.js';
import { buildNetwork, type GivenSetting, type Network, resnet, transposeResnet } from '../../src/models/index.js';
import { crossEntropy, meanSquaredError } from '../../src/optim/index.js';
import { float32, openRuntime, type Tensors } from '../../src/runtime/index.js';
import { everyTarget } from '../lower/targets.js';
import { digest, digestError, noise, parameterValue } from './rule.js';

// README.md says how far float32 strays from float64 in PyTorch itself, case by case; these leave room for that
const FORWARD = 1e-4;
const GRADIENT = 1e-3;
const RUNNING = 1e-5;
const CLASSES = 10;
const LATENT = 16;

interface Case {
  readonly network: 'imagenet' | 'article' | 'cifar' | 'options' | 'mirror' | 'article-transpose';
  /** Of all but `options`. */
  readonly depth: 18 | 34 | 50 | 101 | 152 | 20;
  /** Of `options`. */
  readonly setting: GivenSetting;
  readonly size: readonly [number, number];
  readonly batch: number;
  readonly input: string;
  readonly stride?: 'first';
  readonly shortcut?: 'A' | 'B' | 'C' | 'none';
  readonly upsample?: 'deconv' | 'resize' | 'pixel-shuffle';
}
interface Entry {
  readonly shape: readonly number[];
  readonly digest: readonly number[];
  readonly floor?: number;
}
type Output = { readonly shape: readonly number[] } & (
  | { readonly values: readonly number[] }
  | { readonly digest: readonly number[] }
);
interface Golden {
  readonly case: Case;
  /** How far PyTorch's own gradients stray in float32. */
  readonly float32: number;
  readonly eval: { readonly loss: number; readonly output: Output };
  readonly train: { readonly loss: number; readonly output: Output };
  readonly gradients: Readonly<Record<string, Entry>>;
  readonly running: Readonly<Record<string, Entry>>;
}

const networks: { readonly [N in Case['network']]: (it: Case) => Network } = {
  imagenet: ({ depth, size, stride }) =>
    resnet(`RESNET${depth}`, { size, classes: CLASSES, ...(stride && { stride }) }),
  article: ({ depth, size }) => resnet(`RESNET${depth}`, { size, variant: 'article', classes: CLASSES }),
  cifar: ({ depth, size, shortcut = 'A' }) => resnet(`CIFAR_RESNET${depth}`, { size, shortcut, classes: CLASSES }),
  options: ({ setting, size }) => resnet(setting, { size, classes: CLASSES }),
  mirror: ({ depth, size, upsample = 'deconv' }) =>
    transposeResnet(`RESNET${depth}`, { size, upsample, latent: LATENT }),
  'article-transpose': ({ depth, size }) =>
    transposeResnet(`RESNET${depth}`, { size, variant: 'article', latent: LATENT }),
};

/** Target and loss of a case: labels i mod k under cross-entropy, or a picture under the mean squared error. */
function lossOf(y: Value): { loss: Value; target: Tensors } {
  const shape = fixedShape(y.shape);
  const target = input('target', shape);
  if (shape.length === 4)
    return { loss: meanSquaredError(y, target), target: { target: float32(noise('target', shape, 10), shape) } };
  const labels = new Float32Array(elements(shape));
  for (let i = 0; i < shape[0]!; i++) labels[i * CLASSES + (i % CLASSES)] = 1;
  return { loss: crossEntropy(y, target), target: { target: float32(labels, shape) } };
}

function outputError(actual: Float32Array, golden: Output): number {
  if ('digest' in golden) return digestError(digest('output', actual, 64), golden.digest, actual.length);
  const norm = (values: readonly number[]) => Math.hypot(...values);
  return norm(golden.values.map((value, i) => actual[i]! - value)) / norm(golden.values);
}

function checkForward(found: Tensors, golden: Golden['eval'], when: string): void {
  const loss = data(found, 'loss')[0]!;
  assert.ok(Math.abs(loss - golden.loss) < FORWARD * Math.abs(golden.loss), `${when} loss`);
  const error = outputError(data(found, 'y'), golden.output);
  assert.ok(error < FORWARD, `${when} output strays by ${error}`);
}

/** The entry that strays most, and how far. */
function worst(tensors: ReadonlyMap<string, Float32Array>, golden: Readonly<Record<string, Entry>>) {
  assert.deepEqual([...tensors.keys()].sort(), Object.keys(golden).sort());
  const errors = Object.entries(golden).map(([name, { digest: expected, floor }]) => {
    const values = tensors.get(name)!;
    return { name, error: digestError(digest(name, values), expected, values.length, floor) };
  });
  return errors.reduce((a, b) => (b.error > a.error || Number.isNaN(b.error) ? b : a));
}

const data = (tensors: Tensors, name: string) => tensors[name]!.data as Float32Array;

for (const target of everyTarget)
  describe(`networks equal PyTorch, ${target}`, () => {
    const runtime = openRuntime({ target });
    after(() => runtime.close());
    const folder = new URL('../../../test/goldens/data/', import.meta.url);

    for (const file of readdirSync(folder)
      .filter((name) => !/^(explanations|generation|optimizers|quality)/.test(name))
      .sort())
      it(file.replace('.json', ''), async (t) => {
        const golden = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Golden;
        const network = networks[golden.case.network](golden.case);
        const { batch } = golden.case;
        const shape = [batch, ...network.input];
        const x = float32(noise(golden.case.input, shape, 1), shape);
        const sample = {
          training: buildNetwork(network, { batch, training: true }),
          inference: buildNetwork(network, { batch }),
        };
        const parameters = [...sample.training.build.parameters.values()];
        // weights, gradients, and their copies on both sides of the thread
        const memory = 8 * 4 * parameters.reduce((sum, p) => sum + elements(p.shape), 0);
        if (memory > freemem()) return t.skip(`needs ${(memory / 1e9).toFixed(0)} GB of free memory`);
        const values = (p: ParameterValue) =>
          float32(parameterValue(p.source.name, fixedShape(p.shape)), fixedShape(p.shape));
        await runtime.write(Object.fromEntries(parameters.map((p) => [p.source.name, values(p)])));

        const { y } = sample.inference;
        const { loss, target } = lossOf(y);
        const evaluation = await runtime.compile({ name: file, outputs: { y, loss } });
        const evaluated = await evaluation.run({ input: x, ...target });
        await evaluation.release();
        checkForward(evaluated, golden.eval, 'evaluation');

        const trainable = parameters.filter((p) => p.source.trainable);
        const trainLoss = lossOf(sample.training.y).loss;
        const gradients = backward(trainLoss, trainable);
        const training = await runtime.compile({
          name: file,
          outputs: {
            y: sample.training.y,
            loss: trainLoss,
            ...Object.fromEntries(trainable.map((p, i) => [`grad:${p.source.name}`, gradients[i]!])),
            ...Object.fromEntries([...sample.training.build.updates].map(([name, value]) => [`next:${name}`, value])),
          },
        });
        const trained = await training.run({ input: x, ...target });
        await training.release();
        checkForward(trained, golden.train, 'training');
        const gradient = worst(
          new Map(trainable.map((p) => [p.source.name, data(trained, `grad:${p.source.name}`)])),
          golden.gradients,
        );
        assert.ok(
          gradient.error < Math.max(GRADIENT, 3 * golden.float32),
          `gradient of ${gradient.name} strays by ${gradient.error}`,
        );
        const running = worst(
          new Map([...sample.training.build.updates.keys()].map((name) => [name, data(trained, `next:${name}`)])),
          golden.running,
        );
        assert.ok(running.error < RUNNING, `${running.name} strays by ${running.error}`);
      });
  });
