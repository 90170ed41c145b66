/** Grad-CAM and integrated gradients against PyTorch: explanations.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { fixedShape } from '../../src/graph/index.js';
import { enlarged } from '../../src/inference/enlarge.js';
import { gradCamGraph } from '../../src/inference/grad-cam.js';
import { middles, pathGraph } from '../../src/inference/integrated-gradients.js';
import { buildNetwork, type Network, resnet } from '../../src/models/index.js';
import { imagenetNormalisation } from '../../src/nn/index.js';
import { float32, openRuntime, type Tensors } from '../../src/runtime/index.js';
import { everyTarget } from '../lower/targets.js';
import { digest, digestError, noise, parameterValue } from './rule.js';

const SAMPLES = 64;
const CLASSES = 10;
// one forward and one backward pass in float32, through ReLUs of which rounding may switch one
const TOLERANCE = 1e-3;

interface Case {
  readonly size: readonly [number, number];
  readonly labels: readonly number[];
  readonly gradCam: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly map: number[]; readonly enlarged: number[] }>
  >;
  readonly attributions: readonly number[];
  readonly logits: readonly number[];
  readonly blackLogits: readonly number[];
}
const { settings, ...cases } = JSON.parse(
  readFileSync(new URL('../../../test/goldens/data/explanations.json', import.meta.url), 'utf8'),
) as { readonly settings: { readonly steps: number } } & Readonly<Record<string, Case>>;

const networks: Readonly<Record<string, (size: Case['size']) => Network>> = {
  'imagenet-18': (size) => resnet('RESNET18', { size, classes: CLASSES }),
  'imagenet-50': (size) => resnet('RESNET50', { size, classes: CLASSES }),
  'cifar-20': (size) => resnet('CIFAR_RESNET20', { size, classes: CLASSES }),
};

/** Bytes of noise, and the classes that are meant, one-hot. */
function feedsOf({ size, labels }: Case): Tensors {
  const shape = [labels.length, ...size, 3];
  const data = Uint8Array.from(noise('pixels', shape, 128, 128), (value) => Math.min(Math.floor(value), 255));
  const wanted = new Float32Array(labels.length * CLASSES);
  for (const [i, label] of labels.entries()) wanted[i * CLASSES + label] = 1;
  return { images: { dtype: 'uint8', shape, data }, wanted: float32(wanted, [labels.length, CLASSES]) };
}

const data = (tensors: Tensors, name: string) => tensors[name]!.data as Float32Array;

function close(what: string, actual: Float32Array, expected: readonly number[]): void {
  const error = digestError(digest(what, actual, SAMPLES), expected, actual.length);
  assert.ok(error < TOLERANCE, `${what} strays by ${error}`);
}

for (const target of everyTarget)
  describe(`explanations equal PyTorch's, ${target}`, () => {
    const runtime = openRuntime({ target });
    after(() => runtime.close());

    for (const [name, golden] of Object.entries(cases)) {
      const network = networks[name]!(golden.size);
      const preprocessing = {
        size: golden.size,
        channels: 3,
        cropRatio: 1,
        interpolation: 'bilinear',
        ...imagenetNormalisation,
      } as const;
      const model = { network, card: { preprocessing } };
      const weights = Object.fromEntries(
        [...buildNetwork(network).build.parameters].map(([path, { shape }]) => [
          path,
          float32(parameterValue(path, fixedShape(shape)), fixedShape(shape)),
        ]),
      );
      const feeds = feedsOf(golden);
      const batch = golden.labels.length;

      for (const [stage, expected] of Object.entries(golden.gradCam))
        it(`Grad-CAM of ${name} at stage ${stage}`, async () => {
          const program = await runtime.compile(gradCamGraph(model, { stage: Number(stage) }, batch), { weights });
          const { map } = await program.run(feeds);
          await program.release();
          assert.deepEqual(map!.shape, expected.shape);
          close('map', map!.data as Float32Array, expected.map);
          const length = map!.data.length / batch;
          const large = Array.from({ length: batch }, (_, i) => [
            ...enlarged(
              { shape: map!.shape.slice(1), data: (map!.data as Float32Array).subarray(i * length, (i + 1) * length) },
              golden.size,
            ),
          ]);
          close('enlarged', Float32Array.from(large.flat()), expected.enlarged);
        });

      it(`integrated gradients of ${name}`, async () => {
        const program = await runtime.compile(pathGraph(model, batch), { weights });
        const at = (share: number) =>
          program.run({ ...feeds, share: float32(new Float32Array(batch).fill(share), [batch, 1, 1, 1]) });
        const shares = middles(settings.steps);
        const sum = new Float32Array(batch * 3 * golden.size[0] * golden.size[1]);
        for (const share of shares) {
          const slope = data(await at(share), 'slope');
          for (let i = 0; i < sum.length; i++) sum[i]! += slope[i]! / shares.length;
        }
        const [logits, black] = [data(await at(1), 'logit'), data(await at(0), 'logit')];
        await program.release();
        close('attributions', sum, golden.attributions);
        for (let i = 0; i < batch; i++) {
          assert.ok(Math.abs(logits[i]! - golden.logits[i]!) < 1e-4 * Math.abs(golden.logits[i]!));
          assert.ok(Math.abs(black[i]! - golden.blackLogits[i]!) < 1e-4 * Math.abs(golden.blackLogits[i]!));
        }
      });
    }
  });
