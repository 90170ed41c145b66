/**
 * Begins with a trained model, or a checkpoint of PyTorch, Hugging Face, timm or Keras, and trains it for other images: first a new last
 * layer, which takes seconds, then all but the first stage.
 *
 *   node build/examples/fine-tune.js [MODEL]
 */
import { probe, train } from 'resmirror';

const [from = 'runs/classify'] = process.argv.slice(2);
const { DATA = 'drawn:400', EPOCHS = '3' } = process.env;
const percent = (share: number | undefined) => `${(100 * (share ?? 0)).toFixed(1)} %`;

const last = await probe(from, DATA, { epochs: Number(EPOCHS) });
console.log(`a new last layer: ${percent(last.evaluation.metrics.accuracy)}`);

const tuned = await train({
  task: 'classify',
  data: DATA,
  from,
  freeze: 1,
  learningRate: 0.01,
  epochs: Number(EPOCHS),
  out: 'runs/fine-tune',
});
console.log(`all but the first stage: ${percent(tuned.evaluation?.metrics.accuracy)}`);
