/** A model that is ready to be judged, on one set of images after the other. */
import { Loader } from '../data/batches.js';
import type { Dataset } from '../data/dataset.js';
import { openRuntime, type Program } from '../runtime/index.js';
import { type Model, readModel } from '../weights/index.js';
import { evaluate } from './evaluate.js';
import type { EvaluateModelOptions, ModelEvaluation } from './evaluate-model.js';
import { tasks } from './tasks/index.js';

export interface ReadyModel {
  readonly model: Model;
  /** @param images by the model's own class numbers */
  evaluate(images: Dataset, options: Pick<EvaluateModelOptions, 'onBatch'>): Promise<Omit<ModelEvaluation, 'warnings'>>;
  close(): Promise<void>;
}

/** Opens the model of a file or run folder; programs are compiled once for each size of batch. */
export async function readyModel(path: string, options: EvaluateModelOptions): Promise<ReadyModel> {
  const { device, threads, memory, precision, batch = 32, strict = false, mirrored } = options;
  const model = await readModel(path);
  const { task, preprocessing, classes } = model.card;
  const { network, weights } = model;
  const runtime = openRuntime({ device, threads, memory, precision });
  const loader = new Loader({ cacheBytes: 0 }); // every image is seen once
  const settings = { task, preprocessing, classes, strict };
  const programs = new Map<number, Promise<Program>>();
  const compiled = (size: number): Promise<Program> => {
    const known = programs.get(size);
    if (known) return known;
    const graph = tasks[task].evaluation(network, { ...settings, batch: size, mirrored });
    const program = runtime.compile(graph, { weights, moveWeights: true });
    programs.set(size, program);
    return program;
  };
  return {
    model,
    async evaluate(images, { onBatch }) {
      const size = Math.min(batch, images.length);
      const given = { ...settings, batch: size, network: network.config, ...(onBatch && { onBatch }) };
      return { ...(await evaluate(await compiled(size), loader, images, given)), model, dataset: images };
    },
    async close() {
      await loader.close();
      await runtime.close();
    },
  };
}
