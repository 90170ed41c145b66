/** Static quantisation after training: a model in 8-bit numbers, a quarter of the size, calibrated on images. */
import { Loader } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import { UserError } from '../errors.js';
import { type Graph, input, nodesOf, parametersOf, withLeaves } from '../graph/index.js';
import { foldWeights, hoist } from '../lower/index.js';
import { buildNetwork, graphNetwork } from '../models/index.js';
import { normalise, unit } from '../nn/index.js';
import { type ComputeOptions, openRuntime, type Runtime, type Tensors } from '../runtime/index.js';
import type { Model } from '../weights/index.js';
import { quantisedValues, Ranges } from './ranges.js';
import { quantisedGraph } from './rewrite.js';

/** How a model is brought to 8-bit numbers. */
export interface QuantizeOptions extends Omit<ComputeOptions, 'precision'> {
  /** The most images to calibrate on, the first of a random order; default 256. */
  readonly images?: number;
  /** Draws them; default 0. */
  readonly seed?: number;
  /** Images that go through the network at once. 16 by default. */
  readonly batch?: number;
  readonly onBatch?: (done: number, of: number) => void;
}

/**
 * The model in 8-bit numbers. Ranges of activations are those seen on the images, which should be like those to come; their labels
 * do not matter. What has no 8-bit form (transposed convolutions among it) stays in float32.
 * @throws UserError for models that make images of vectors, and for those in 8-bit numbers
 */
export async function quantizeModel(model: Model, images: Dataset, options: QuantizeOptions = {}): Promise<Model> {
  const { device, threads, memory } = options;
  if (model.card.task === 'generate')
    throw new UserError(
      `${model.network.name} makes images of vectors, which no images calibrate; quantise a model that takes images`,
    );
  const runtime = openRuntime({ device, threads, memory });
  const loader = new Loader({ cacheBytes: 0 });
  try {
    const { y } = buildNetwork(model.network);
    if (nodesOf([y]).some(({ op }) => op === 'DequantizeLinear'))
      throw new UserError(`${model.network.name} is in 8-bit numbers already; quantise the model that it was made of`);
    const { once, rest } = hoist(foldWeights({ name: model.network.name, outputs: { y } }));
    const weights = { ...model.weights, ...(await valuesOf(once, model.weights, runtime)) };
    const ranges = new Ranges(quantisedValues(rest));
    await calibrate(rest, ranges, { model, weights, images, runtime, loader, options });
    const numbers = new Map(Object.entries(weights).map(([name, { data }]) => [name, data as Float32Array]));
    const graph = quantisedGraph(rest, ranges, numbers);
    const left = parametersOf(graph).map(({ source }) => [source.name, weights[source.name]!]);
    return {
      card: model.card,
      network: graphNetwork(graph, model.network),
      weights: Object.fromEntries(left) as Model['weights'],
    };
  } finally {
    await loader.close();
    await runtime.close();
  }
}

async function valuesOf(graph: Graph, weights: Tensors, runtime: Runtime): Promise<Tensors> {
  const program = await runtime.compile(graph, { weights });
  const values = await program.run({});
  await program.release();
  return values;
}

interface Calibration {
  readonly model: Model;
  readonly weights: Tensors;
  readonly images: Dataset;
  readonly runtime: Runtime;
  readonly loader: Loader;
  readonly options: QuantizeOptions;
}

/** Runs images through the graph in float32 and notes the extremes of its values. */
async function calibrate(
  graph: Graph,
  ranges: Ranges,
  { model, weights, images, runtime, loader, options }: Calibration,
): Promise<void> {
  const { images: most = 256, seed = 0, batch = 16, onBatch } = options;
  const { preprocessing } = model.card;
  const shape = [Math.min(batch, images.length), ...preprocessing.size, preprocessing.channels];
  const prepared = normalise(unit(input('images', shape, 'uint8')), preprocessing);
  const made = withLeaves(graph, (value) => (value.source.kind === 'input' ? prepared : value));
  const program = await runtime.compile({ name: 'calibration', outputs: ranges.outputs(made) }, { weights });
  const count = Math.min(most, images.length);
  const epoch = { batch: shape[0]!, preprocessing, shuffle: true, seed, epoch: 0 };
  let done = 0;
  for await (const { images: data, count: filled } of loader.epoch(images, epoch)) {
    ranges.add(await program.run({ images: { dtype: 'uint8', shape, data } }), filled);
    done += filled;
    onBatch?.(Math.min(done, count), count);
    if (done >= count) break;
  }
}
