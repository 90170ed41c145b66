/**
 * A five-layer network and a loss of one's own: the focal loss (Lin et al. 2017, https://arxiv.org/abs/1708.02002), which turns
 * away from what is easy. Every line below is graph; the derivative is the program's business.
 *
 *   node build/examples/five-layers.js
 */
import { drawnDataset, float32, graph, Learner, Loader, nn, openRuntime, optim } from 'resmirror';

const { exp, input, logSoftmax, mul, neg, reduceMean, reduceSum, relu, sub } = graph;
const batch = 64;
const preprocessing = { size: [32, 32], channels: 3, cropRatio: 1, interpolation: 'bilinear' } as const;
const { train } = drawnDataset({ train: 4000, validation: 100, seed: 1 });
const classes = train.classes.length;

const layer = (name: string, to: number, stride = 1) =>
  nn.sequential(nn.named(name, nn.convolution(to, 3, { stride })), nn.named(`${name}_norm`, nn.batchNorm()), (x) =>
    relu(x),
  );
const network = nn.sequential(
  layer('first', 16, 2),
  layer('second', 32, 2),
  layer('third', 64, 2),
  layer('fourth', 64),
  nn.pooled,
  nn.named('fifth', nn.dense(classes)),
);

const build = new nn.Build({ training: true });
const images = input('images', [batch, 32, 32, 3], 'uint8');
const targets = input('targets', [batch, classes]);
const logits = network(nn.normalise(nn.unit(images), nn.imagenetNormalisation), build);

// p = probability of the true class; loss = -(1 - p)^2 log p
const logP = reduceSum(mul(targets, logSoftmax(logits, 1)), { axes: [1] });
const miss = sub(1, exp(logP));
const loss = neg(reduceMean(mul(mul(miss, miss), logP)));

const runtime = openRuntime();
const learner = await Learner.create(runtime, { loss, optimizer: optim.adamW(), tracked: build.updates });
const loader = new Loader();
const epochs = Number(process.env.EPOCHS ?? 4);
let step = 0;
for (let epoch = 1; epoch <= epochs; epoch++) {
  let sum = 0;
  const batches = loader.epoch(train, { batch, preprocessing, shuffle: true, seed: 0, epoch, dropLast: true });
  for await (const { images: pixels, labels } of batches) {
    const oneHot = new Float32Array(batch * classes);
    for (const [i, label] of labels.entries()) oneHot[i * classes + label] = 1;
    const feeds = {
      images: { dtype: 'uint8', shape: [batch, 32, 32, 3], data: pixels },
      targets: float32(oneHot, [batch, classes]),
    } as const;
    const result = await learner.step(feeds, { step: step++, learningRate: 3e-3 });
    sum += Number(result.loss!.data[0]);
  }
  console.log(`epoch ${epoch}: focal loss ${(sum / batches.length).toFixed(3)}`);
}
await loader.close();
await runtime.close();
