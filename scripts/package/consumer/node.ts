/** Types, as strict as they get, on Node. */
import {
  graph,
  type Learner,
  load,
  type nn,
  openRuntime,
  type Predictor,
  resnet,
  type Summary,
  summarise,
  train,
} from 'resmirror';
import { listen, openServing, type Serving } from 'resmirror/serve';

const summary: Summary = summarise(resnet('RESNET18', { size: 64, classes: 10 }));
export const parameters: number = summary.parameters;
export const layer: nn.Layer = (x: graph.Value) => graph.relu(x);
export type Loaded = Predictor & Learner;

export async function serve(): Promise<Serving> {
  await train({ task: 'classify', data: 'photos', net: 'resnet18', epochs: 1, out: 'runs/photos' });
  const model = await load('runs/photos');
  for await (const { value } of model.classify(['cat.jpg'])) console.log(value[0]?.probability.toFixed(1));
  await openRuntime().close();
  const serving = await openServing({ models: [{ name: 'photos', path: 'runs/photos' }] });
  await listen(serving, { port: 0 });
  // @ts-expect-error a number is no network
  resnet(18);
  return serving;
}
