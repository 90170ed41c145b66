/** The ways to explain what a model makes of images: each is a lane of its engine. */
import type { Graph } from '../graph/index.js';
import { gradCamGraph } from '../inference/grad-cam.js';
import { middles, pathGraph } from '../inference/integrated-gradients.js';
import { type Features, featuresGraph } from '../inference/layers.js';
import type { Model } from '../weights/index.js';
import type { Row } from './engine.js';
import type { Turn } from './served-model.js';

export type Method = 'grad-cam' | 'integrated-gradients' | 'features';

/** What is to be explained. */
export interface Explained {
  /** Pixels [h, w, c] of each image. */
  readonly images: readonly Uint8Array[];
  /** The number of the class that is meant for each, where there are classes. */
  readonly classes: readonly number[];
  /** From 1; the last by default. */
  readonly stage?: number | undefined;
  /** Places between black and the image at which gradients are taken. */
  readonly steps?: number | undefined;
}

/** What a way needs of a served model. */
export interface Explaining {
  readonly model: Model;
  /** Names of stages. */
  readonly stages: readonly string[];
  /** Rows of a full batch. */
  readonly batch: number;
  /** What a graph with one output makes of rows. */
  readonly run: (
    name: string,
    graph: (batch: number) => Graph,
    rows: readonly Row[],
    turn: Turn,
  ) => Promise<Features[]>;
}

interface Way {
  /** Of the choices that a client has, those that change something. */
  readonly takes: readonly ('class' | 'stage' | 'steps')[];
  /** Whether a model can be explained so. */
  readonly suits: (model: Model, stages: readonly string[]) => boolean;
  /** How it is drawn. */
  readonly as: 'classMap' | 'attributions' | 'features';
  readonly explain: (explaining: Explaining, asked: Explained, turn: Turn) => Promise<Features[]>;
}

/** Steps of integrated gradients where nobody says; the paper finds 20 to 300 enough (section 5), and each costs as much as three classifications. */
const STEPS = 20;

const oneHot = (number: number, length: number): Float32Array => {
  const wanted = new Float32Array(length);
  wanted[number] = 1;
  return wanted;
};

const wantedIn = ({ model }: Explaining, { images, classes }: Explained): Row[] =>
  images.map((pixels, i) => ({ images: pixels, wanted: oneHot(classes[i]!, model.card.classes.length) }));

/** In the order in which they are preferred. */
export const explanations: { readonly [M in Method]: Way } = {
  'grad-cam': {
    takes: ['class', 'stage'],
    suits: ({ card }, stages) => card.task === 'classify' && stages.length > 0,
    as: 'classMap',
    explain(explaining, asked, turn) {
      const stage = asked.stage ?? explaining.stages.length;
      const graph = (batch: number) => gradCamGraph(explaining.model, { stage }, batch);
      return explaining.run(`explain stage ${stage}`, graph, wantedIn(explaining, asked), turn);
    },
  },
  'integrated-gradients': {
    takes: ['class', 'steps'],
    suits: ({ card }) => card.task === 'classify',
    as: 'attributions',
    explain: integratedGradients,
  },
  features: {
    takes: ['stage'],
    suits: (_, stages) => stages.length > 0,
    as: 'features',
    explain({ model, stages, run }, { images, stage = stages.length }, turn) {
      const name = stages[stage - 1]!;
      const rows = images.map((pixels): Row => ({ images: pixels }));
      return run(`features ${name}`, (batch) => featuresGraph(model, [name], batch), rows, turn);
    },
  },
};

/** What pixels add to a class [c, h, w]. Never more rows than a batch has wait at once, so that others' rows come in between. */
async function integratedGradients(explaining: Explaining, asked: Explained, turn: Turn): Promise<Features[]> {
  const { steps = STEPS } = asked;
  const graph = (batch: number) => {
    const { name, outputs } = pathGraph(explaining.model, batch);
    return { name, outputs: { slope: outputs.slope! } };
  };
  const points = wantedIn(explaining, asked).flatMap((row, image) =>
    middles(steps).map((share) => ({ image, row: { ...row, share: Float32Array.of(share) } })),
  );
  const sums: Features[] = [];
  for (let from = 0; from < points.length; from += explaining.batch) {
    const some = points.slice(from, from + explaining.batch);
    const slopes = await explaining.run(
      'explain path',
      graph,
      some.map(({ row }) => row),
      turn,
    );
    for (const [i, { shape, data }] of slopes.entries()) {
      const { image } = some[i]!;
      sums[image] ??= { shape, data: new Float32Array(data.length) };
      const sum = sums[image].data;
      for (let k = 0; k < data.length; k++) sum[k]! += data[k]! / steps;
    }
  }
  return sums;
}
