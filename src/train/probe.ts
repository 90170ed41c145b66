/**
 * Linear probing: a new last layer on the features of a model that stays as it is. Each image goes through the network once; an epoch
 * then costs one matrix product. Alain & Bengio 2017, https://arxiv.org/abs/1610.01644
 */
import type { Skipped } from '../data/batches.js';
import type { Splits } from '../data/dataset.js';
import { UserError } from '../errors.js';
import { gemm, input, parameter } from '../graph/index.js';
import { type OpenModelOptions, Predictor } from '../inference/index.js';
import { NetworkConfig, networkOf } from '../models/index.js';
import { adamW, cosine, crossEntropy, learningRate } from '../optim/index.js';
import { permutation } from '../random/index.js';
import { float32, openRuntime, type Tensors } from '../runtime/index.js';
import { validated } from '../schema.js';
import { type Model, readModel, type Weights } from '../weights/index.js';
import { featuresOf, type KnownImages } from './features.js';
import { Learner } from './learner.js';
import { openSplits } from './splits.js';
import { type Evaluation, tasks } from './tasks/index.js';

/** How a last layer is trained. */
export interface ProbeOptions extends OpenModelOptions {
  /** 50 by default. */
  readonly epochs?: number;
  /** Peak of AdamW's learning rate, on features brought to a deviation of 1; 0.01 by default. */
  readonly learningRate?: number;
  /** 0.01 by default. */
  readonly weightDecay?: number;
  /** Of first values and order; 0 by default. */
  readonly seed?: number;
  readonly validationFraction?: number;
  /** While images go through the network. */
  readonly onImage?: (done: number, of: number) => void;
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

/** A model with a new last layer, and what it is worth. */
export interface ProbeResult {
  /** The network with its new last layer. */
  readonly model: Model;
  /** On the validation images. */
  readonly evaluation: Evaluation;
  readonly skipped: readonly Skipped[];
  /** What it took: all images through the network, and an epoch of the last layer. */
  readonly seconds: { readonly features: number; readonly epoch: number };
}

/** Features and labels of a set of images, row by row. */
interface Known {
  readonly features: Float32Array;
  readonly labels: Int32Array;
  readonly count: number;
  readonly length: number;
}

/**
 * Trains a last layer for the classes of the data.
 * @param path run folder or file of a model with a last layer `fc`
 * @throws UserError for data without classes, and models that are no ResNet
 */
export async function probe(path: string, data: string | Splits, options: ProbeOptions = {}): Promise<ProbeResult> {
  const {
    epochs = 50,
    learningRate: base = 0.01,
    weightDecay = 0.01,
    seed = 0,
    onEpoch = () => {},
    ...opened
  } = options;
  const { validationFraction = 0.2, onImage = () => {}, ...settings } = opened;
  const splits = await openSplits(data, { task: 'classify', seed, validationFraction });
  const { classes } = splits.train;
  const given = await readModel(path);
  if (given.card.network.kind !== 'resnet')
    throw new UserError(
      `a last layer for classes goes onto a ResNet, and ${path} is ${given.network.name}; give a classifier`,
    );
  const began = performance.now();
  const predictor = Predictor.open(given, settings);
  const total = splits.train.length + splits.validation.length;
  const known = tableOf(await featuresOf(predictor, splits.train, (done) => onImage(done, total)));
  const held = tableOf(
    await featuresOf(predictor, splits.validation, (done) => onImage(splits.train.length + done, total)),
  );
  const { skipped } = predictor;
  await predictor.close();
  const seen = performance.now();

  const runtime = openRuntime({ ...(settings.threads && { threads: settings.threads }) });
  try {
    const scaling = scalingOf(known);
    const [x, y] = [scaled(known, scaling), oneHot(known, classes.length)];
    const batch = Math.min(256, known.count);
    const [rows, target] = [input('x', [batch, known.length]), input('target', [batch, classes.length])];
    const weight = parameter('weight', [classes.length, known.length]);
    const bias = parameter('bias', [classes.length], { decays: false });
    const loss = crossEntropy(gemm(rows, weight, bias, { transB: true }), target);
    const learner = await Learner.create(runtime, { loss, optimizer: adamW({ weightDecay }), seed });
    const steps = Math.max(1, Math.floor(known.count / batch));
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = permutation(known.count, seed, 'shuffle', epoch + 1);
      let sum = 0;
      for (let i = 0; i < steps; i++) {
        const chosen = order.subarray(i * batch, (i + 1) * batch);
        const feeds: Tensors = {
          x: float32(taken(x, chosen, known.length), [batch, known.length]),
          target: float32(taken(y, chosen, classes.length), [batch, classes.length]),
        };
        const step = epoch * steps + i;
        const rate = learningRate(step, { base, steps: epochs * steps, schedule: cosine() });
        sum += (await learner.step(feeds, { step, learningRate: rate })).loss!.data[0] as number;
      }
      onEpoch(epoch + 1, sum / steps);
    }
    const done = performance.now();
    const head = unscaled((await runtime.read(['weight', 'bias'])) as Weights, scaling);
    const config = validated(NetworkConfig, { ...given.card.network, classes: classes.length }, 'network');
    const weights = { ...given.weights, 'fc.weight': head.weight, 'fc.bias': head.bias };
    const evaluation = judged(held, head, classes);
    const card = { ...given.card, task: 'classify', network: config, classes, metrics: evaluation.metrics } as const;
    return {
      model: { card, network: networkOf(config), weights },
      evaluation,
      skipped,
      seconds: { features: (seen - began) / 1000, epoch: (done - seen) / 1000 / epochs },
    };
  } finally {
    await runtime.close();
  }
}

/** The vectors end to end. */
function tableOf({ vectors, labels }: KnownImages): Known {
  const length = vectors[0]?.length ?? 0;
  const features = new Float32Array(vectors.length * length);
  for (const [i, row] of vectors.entries()) features.set(row, i * length);
  return { features, labels: Int32Array.from(labels), count: vectors.length, length };
}

interface Scaling {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

function scalingOf({ features, count, length }: Known): Scaling {
  const [mean, deviation] = [new Float64Array(length), new Float64Array(length)];
  features.forEach((value, i) => {
    mean[i % length]! += value / count;
  });
  features.forEach((value, i) => {
    deviation[i % length]! += (value - mean[i % length]!) ** 2 / count;
  });
  return { mean, deviation: deviation.map((variance) => Math.sqrt(variance) + 1e-6) };
}

const scaled = ({ features, length }: Known, { mean, deviation }: Scaling) =>
  features.map((value, i) => (value - mean[i % length]!) / deviation[i % length]!);

interface Head {
  readonly weight: Weights[string];
  readonly bias: Weights[string];
}

/** The layer on features as they are that does what this one does on scaled ones. */
function unscaled({ weight, bias }: Weights, { mean, deviation }: Scaling): Head {
  const { length } = mean;
  const data = weight!.data.map((value, i) => value / deviation[i % length]!);
  const shift = (row: number) => mean.reduce((sum, value, i) => sum + value * data[row * length + i]!, 0);
  return { weight: { ...weight!, data }, bias: { ...bias!, data: bias!.data.map((value, row) => value - shift(row)) } };
}

const oneHot = ({ labels }: Known, classes: number) => {
  const found = new Float32Array(labels.length * classes);
  for (const [i, label] of labels.entries()) found[i * classes + label] = 1;
  return found;
};

const taken = (data: Float32Array, chosen: Uint32Array, length: number) => {
  const found = new Float32Array(chosen.length * length);
  for (const [i, row] of chosen.entries()) found.set(data.subarray(row * length, (row + 1) * length), i * length);
  return found;
};

function judged(
  { features, labels, count, length }: Known,
  { weight, bias }: Head,
  classes: readonly string[],
): Evaluation {
  const tally = tasks.classify.tally(classes);
  const logits = new Float32Array(count * classes.length);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < classes.length; k++) {
      let sum = bias.data[k]!;
      for (let j = 0; j < length; j++) sum += features[i * length + j]! * weight.data[k * length + j]!;
      logits[i * classes.length + k] = sum;
    }
  const indices = Int32Array.from(labels, (_, i) => i);
  tally.add({ images: new Uint8Array(), labels, indices, count }, { logits: float32(logits, [count, classes.length]) });
  return tally.result();
}
