/** Values inside of a network by name: what forward hooks see elsewhere. A graph needs none, since its values can be fetched. */
import { UserError } from '../errors.js';
import { type Graph, nodesOf, type Value } from '../graph/index.js';
import { Build, type Layer } from '../nn/index.js';
import type { Tensors } from '../runtime/tensor.js';
import { type Asked, sampleOf, seenBy } from './seen.js';

/** What a layer gives for one image. */
export interface Features {
  /** [c, h, w] or [d] */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
/** By the names that were asked for. */
export type NamedFeatures<N extends string = string> = Readonly<Record<N, Features>>;

/**
 * Every value of a network that has a name. Layers, blocks and whole parts have their path: `layer1.0.conv1`, `layer1.0`,
 * `layer1`, `encoder`, each standing for its last result. Ends of stages are `stage1`, `stage2`, …, within an autoencoder
 * `encoder.stage1` and so on; the result of all is `output`.
 */
export function layersOf(y: Value, boundaries: readonly Value[]): ReadonlyMap<string, Value> {
  const layers = new Map<string, Value>();
  for (const { scope, outputs } of nodesOf([y]))
    for (const path of pathsOf(scope)) {
      layers.delete(path); // names stand in the order of their last result
      layers.set(path, outputs[0]!);
    }
  const count = new Map<string, number>();
  for (const value of boundaries) {
    const part = partOf(value);
    count.set(part, (count.get(part) ?? 0) + 1);
    layers.set(`${part}stage${count.get(part)}`, value);
  }
  return layers.set('output', y);
}

/** `a.b.c` -> a, a.b, a.b.c */
const pathsOf = (scope: string): readonly string[] =>
  scope === '' ? [] : scope.split('.').map((_, i, words) => words.slice(0, i + 1).join('.'));

/** Whether a boundary lies in the encoder or the decoder of a pair. */
const partOf = ({ source }: Value): string =>
  (source.kind === 'node' && /^(?:encoder|decoder)\./.exec(source.node.scope)?.[0]) || '';

const STAGE = /(?:^|\.)stage\d+$/;

/** Names of the ends of stages, from what goes in to what comes out. None where a network was read as one whole graph. */
export function stageNames(layer: Layer, x: Value): readonly string[] {
  const build = new Build();
  return [...layersOf(layer(x, build), build.boundaries).keys()].filter((name) => STAGE.test(name));
}

/** As `stageNames`, of a network that is fed with images. */
export const stagesOfImages = (model: Asked): readonly string[] => stageNames(model.network.forward, seenBy(model, 1));

/** @throws UserError for names that the network does not have */
export function pick(layers: ReadonlyMap<string, Value>, names: readonly string[]): Readonly<Record<string, Value>> {
  const found = names.map((name) => {
    const value = layers.get(name);
    if (value) return [name, value] as const;
    const stages = [...layers.keys()].filter((known) => STAGE.test(known));
    throw new UserError(
      `no layer is called '${name}': expected ${stages.length > 0 ? `one of ${stages.join(', ')}, or ` : ''}a layer or block as 'resmirror summary' lists them`,
    );
  });
  return Object.fromEntries(found);
}

/** The graph from pixels, uint8 [n, h, w, c] fed as `images`, to the values of these names. */
export function featuresGraph(model: Asked, names: readonly string[], batch: number | string): Graph {
  const build = new Build();
  const y = model.network.forward(seenBy(model, batch), build);
  return { name: `${model.network.name} features`, outputs: pick(layersOf(y, build.boundaries), names) };
}

/** What the outputs of a graph are for one row of a batch: windows on the whole. */
export const featuresOf = (outputs: Tensors, row: number): NamedFeatures =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, data }]) => [
      name,
      { shape: shape.slice(1), data: sampleOf({ shape, data: data as Float32Array }, row) },
    ]),
  );
