/** Convolutions and their two adjoints against plain loops, over random geometries that take every branch. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as g from '../../src/graph/index.js';
import { lower } from '../../src/lower/index.js';
import { random } from '../../src/random/index.js';
import { openRuntime, type Runtime, type Target, type Tensor } from '../../src/runtime/index.js';
import { Draws } from '../autodiff/draws.js';
import { type Convolution, convolution } from '../autodiff/geometry.js';
import * as reference from './reference.js';
import { blockedTarget, everyTarget } from './targets.js';

const runtimes = everyTarget.map((target) => openRuntime({ threads: 1, target }));
after(() => Promise.all(runtimes.map((runtime) => runtime.close())));

const shapesOf = ({ attributes, kernel_shape, sizes, batch, inner, outer }: Convolution) => {
  const x = [batch, inner, ...sizes];
  const w = [outer, inner / attributes.group, ...kernel_shape];
  const y = g.conv(g.input('x', x), g.input('w', w), attributes).shape as number[];
  return { x, w, y };
};

const run = async (y: g.Value, { feeds }: Draws, runtime: Runtime): Promise<Tensor> => {
  const graph = { name: 'test', outputs: { y } };
  const program = await runtime.compile(graph);
  const used = g.inputsOf(graph).map(({ source: { name } }) => [name, feeds[name]!] as const);
  const { y: found } = await program.run(Object.fromEntries(used));
  await program.release();
  return found!;
};

const opsOf = (y: g.Value, target: Target = 'portable') =>
  g.nodesOf(Object.values(lower({ name: 'test', outputs: { y } }, target).outputs)).map((node) => node.op);
const dataOf = ({ feeds }: Draws) => Object.values(feeds).map((tensor) => tensor.data as Float32Array);

interface Formulation {
  /** The value under test, of operands drawn in the order that `expected` reads. */
  readonly build: (d: Draws, shapes: reference.Shapes, attributes: g.ConvAttributes) => g.Value;
  readonly expected: (
    shapes: reference.Shapes,
    operands: readonly Float32Array[],
    attributes: g.ConvAttributes,
  ) => Float64Array;
  /** Which way it was lowered, read off the lowered operators. */
  readonly branchOf: (ops: readonly g.Op[], attributes: g.ConvAttributes) => string;
  /** Every branch that the random geometries must meet. */
  readonly branches: readonly string[];
}

/** What the stride leaves over at the end of the image, which the adjoint must be told. */
const leftover = ({ x, w, y }: reference.Shapes, { strides, pads, dilations }: g.ConvAttributes) =>
  strides.map((stride, i) => {
    const covered = stride * (y[2 + i]! - 1) + dilations[i]! * (w[2 + i]! - 1) + 1;
    return x[2 + i]! + pads[i]! + pads[i + strides.length]! - covered;
  });

const formulations: Readonly<Record<string, Formulation>> = {
  Conv: {
    build: (d, { x, w }, attributes) => g.conv(d.normal(x), d.normal(w), attributes),
    expected: (shapes, [x, w], attributes) => reference.conv(shapes, { x: x!, w: w! }, attributes),
    branchOf: (ops) => (ops.includes('MatMul') ? 'by columns' : 'as it is'),
    branches: ['as it is', 'by columns'],
  },
  ConvTranspose: {
    build: (d, shapes, attributes) =>
      g.convTranspose(d.normal(shapes.y), d.normal(shapes.w), {
        ...attributes,
        output_padding: leftover(shapes, attributes),
      }),
    expected: (shapes, [y, w], attributes) => reference.convTranspose(shapes, { y: y!, w: w! }, attributes),
    branchOf: (ops, { strides }) =>
      ops.includes('Gemm')
        ? 'by columns'
        : ops.includes('ConvTranspose')
          ? 'fallback'
          : strides.every((s) => s === 1)
            ? 'turned'
            : 'sub-pixel',
    branches: ['by columns', 'fallback', 'turned', 'sub-pixel'],
  },
  ConvFilterGrad: {
    build: (d, { x, w, y }, attributes) =>
      g.convFilterGrad(d.normal(x), d.normal(y), { ...attributes, kernel_shape: w.slice(2) }),
    expected: (shapes, [x, y], attributes) => reference.filterGradient(shapes, { x: x!, y: y! }, attributes),
    branchOf: (ops) => {
      if (ops.length === 0) return 'padding only';
      if (ops.includes('Gemm')) return 'by columns';
      return ops.includes('MatMul') ? 'pointwise' : ops.at(-2) === 'Reshape' ? 'all taps' : 'general';
    },
    branches: ['padding only', 'by columns', 'pointwise', 'all taps', 'general'],
  },
};

/** Any; the kinds that networks are made of; and that of their last stages, whose filters outweigh their images. */
const kinds = [{}, { rank: 2, plain: true }, { rank: 2, plain: true, largest: 1 }, { rank: 2, plain: true, outer: 40 }];
/** Channels in whole blocks, or few on the side of the image. */
const wholeBlocks = [
  { rank: 2, plain: true, inner: 16, outer: 32 },
  { rank: 2, plain: true, inner: 32, outer: 16 },
  { rank: 2, plain: true, inner: 32, outer: 16, largest: 1 },
  { rank: 2, plain: true, inner: 3, outer: 16 },
];

/** Draws geometries of some kinds in turn, and holds every target's result against the definition. */
async function compare(
  name: string,
  { draws, of }: { readonly draws: number; readonly of: readonly Parameters<typeof convolution>[1][] },
  seen: (y: g.Value, attributes: g.ConvAttributes) => void,
): Promise<void> {
  const { build, expected } = formulations[name]!;
  for (let draw = 0; draw < draws; draw++) {
    const d = new Draws(random('lower', name, draw));
    const geometry = convolution(d, of[draw % of.length]);
    const shapes = shapesOf(geometry);
    const y = build(d, shapes, geometry.attributes);
    seen(y, geometry.attributes);
    const answer = expected(shapes, dataOf(d), geometry.attributes);
    const what = `${name}, draw ${draw}, x [${shapes.x}], w [${shapes.w}], ${JSON.stringify(geometry.attributes)}`;
    for (const runtime of runtimes) reference.assertClose(await run(y, d, runtime), answer, what);
  }
}

for (const [name, { branchOf, branches }] of Object.entries(formulations)) {
  test(`${name} equals its definition in every branch`, async () => {
    const met = new Set<string>();
    await compare(name, { draws: 240, of: kinds }, (y, attributes) => met.add(branchOf(opsOf(y), attributes)));
    assert.deepEqual([...met].sort(), [...branches].sort());
  });

  test(`${name} of channels in whole blocks equals its definition`, async () => {
    let blocked = 0;
    await compare(name, { draws: 60, of: wholeBlocks }, (y) => {
      blocked += opsOf(y, blockedTarget).some((op) => op.startsWith('Nchwc')) ? 1 : 0;
    });
    assert.ok(blocked > 0, 'no draw was lowered to blocks');
  });
}

/** Channels and groups, some in whole blocks; a kernel below the stride leaves pixels that nothing but the bias reaches. */
const biased = [
  { from: 4, to: 3, group: 1 },
  { from: 4, to: 3, group: 2 },
  { from: 32, to: 16, group: 1 },
];

test('a transposed convolution adds its bias per channel in every branch', async () => {
  for (const strides of [1, 2, 3])
    for (const kernel of [1, 3])
      for (const { from, to, group } of biased) {
        const d = new Draws(random('bias', strides, kernel, from, group));
        const [x, w] = [d.normal([2, from, 3, 2]), d.normal([from, to, kernel, kernel])];
        const bias = d.normal([to * group]);
        const options = { strides, group, pads: kernel === 3 ? 1 : 0, output_padding: strides - 1 };
        const y = g.sub(g.convTranspose(x, w, { ...options, bias }), g.convTranspose(x, w, options));
        const expected = reference
          .positions(y.shape as number[])
          .map(([, c]) => (d.feeds.x2!.data as Float32Array)[c as number]!);
        const what = `bias, stride ${strides}, kernel ${kernel}, ${from} channels, ${group} group(s)`;
        for (const runtime of runtimes) reference.assertClose(await run(y, d, runtime), expected, what);
      }
});

test('a transposed convolution of free batch size stays one operator', () => {
  const y = g.convTranspose(g.input('x', ['n', 2, 4, 4]), g.input('w', [2, 3, 3, 3]), { strides: 2 });
  assert.deepEqual(opsOf(y), ['ConvTranspose']);
});
