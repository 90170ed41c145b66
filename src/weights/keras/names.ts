/** What Keras calls the layers of its ResNets. */

export type Kind = 'conv' | 'norm' | 'dense';

/** Where a layer stands here. */
export interface Place {
  readonly kind: Kind;
  readonly path: string;
}

interface Table {
  readonly title: string;
  /** Of its batch normalisations, unless the file says otherwise. */
  readonly epsilon: number;
  /** Names of layers -> their places here; `{s}`, `{b}` and `{i}` count from 1, 0 and 1. */
  readonly rows: readonly (readonly [theirs: RegExp, kind: Kind, ours: string])[];
  /** How a stage, a block and a layer of a block are counted. */
  readonly count: { readonly [K in 's' | 'b' | 'i']: (text: string) => number };
}

const letter = (text: string) => text.charCodeAt(0) - 'a'.charCodeAt(0);

const tables: readonly Table[] = [
  {
    // https://github.com/keras-team/keras/blob/v3.3.3/keras/src/applications/resnet.py
    title: 'Keras applications',
    epsilon: 1.001e-5,
    rows: [
      [/^conv1_conv$/, 'conv', 'conv1'],
      [/^conv1_bn$/, 'norm', 'bn1'],
      [/^conv(?<s>\d+)_block(?<b>\d+)_0_conv$/, 'conv', 'layer{s}.{b}.downsample.0'],
      [/^conv(?<s>\d+)_block(?<b>\d+)_0_bn$/, 'norm', 'layer{s}.{b}.downsample.1'],
      [/^conv(?<s>\d+)_block(?<b>\d+)_(?<i>[123])_conv$/, 'conv', 'layer{s}.{b}.conv{i}'],
      [/^conv(?<s>\d+)_block(?<b>\d+)_(?<i>[123])_bn$/, 'norm', 'layer{s}.{b}.bn{i}'],
      [/^(?:predictions|probs)$/, 'dense', 'fc'],
    ],
    count: { s: (text) => Number(text) - 1, b: (text) => Number(text) - 1, i: Number },
  },
  {
    // https://github.com/keras-team/keras/blob/2.1.6/keras/applications/resnet50.py
    title: 'Keras applications of before TensorFlow 2',
    epsilon: 1e-3,
    rows: [
      [/^conv1$/, 'conv', 'conv1'],
      [/^bn_conv1$/, 'norm', 'bn1'],
      [/^res(?<s>\d)(?<b>[a-z])_branch1$/, 'conv', 'layer{s}.{b}.downsample.0'],
      [/^bn(?<s>\d)(?<b>[a-z])_branch1$/, 'norm', 'layer{s}.{b}.downsample.1'],
      [/^res(?<s>\d)(?<b>[a-z])_branch2(?<i>[abc])$/, 'conv', 'layer{s}.{b}.conv{i}'],
      [/^bn(?<s>\d)(?<b>[a-z])_branch2(?<i>[abc])$/, 'norm', 'layer{s}.{b}.bn{i}'],
      [/^fc1000$/, 'dense', 'fc'],
    ],
    count: { s: (text) => Number(text) - 1, b: letter, i: (text) => letter(text) + 1 },
  },
];

/** Pre-activation, https://arxiv.org/abs/1603.05027: another network, with another order of its layers. */
export const isSecondVersion = (name: string): boolean => /(?:^post_bn$|_preact_bn$)/.test(name);

const placeIn = ({ rows, count }: Table, name: string): Place | undefined => {
  for (const [pattern, kind, ours] of rows) {
    const match = pattern.exec(name);
    if (!match) continue;
    const groups = match.groups ?? {};
    return { kind, path: ours.replace(/\{([sbi])\}/g, (_, key: 's' | 'b' | 'i') => `${count[key](groups[key]!)}`) };
  }
  return undefined;
};

/** Whether any table has a layer of this name. */
export const isLayer = (name: string): boolean => tables.some((table) => placeIn(table, name) !== undefined);

/** Places of layers by the table that knows most of them. */
export function placesOf(names: readonly string[]) {
  const attempts = tables.map((table) => {
    const places = new Map<string, Place>();
    for (const name of names) {
      const place = placeIn(table, name);
      if (place) places.set(name, place);
    }
    return { title: table.title, epsilon: table.epsilon, places };
  });
  return attempts.reduce((best, next) => (next.places.size > best.places.size ? next : best));
}

/** The normalisation behind a convolution: its path from that of the convolution. */
export const normBehind = (path: string): string =>
  path.replace(/conv(\d)$/, 'bn$1').replace(/downsample\.0$/, 'downsample.1');
