/** The worker that trains: the library's trainer on the runtime of browsers. */
import { drawnDataset } from '../../../src/data/drawn/set.js';
import { ImageError } from '../../../src/data/image-error.js';
import { LocalLoader } from '../../../src/data/local-loader.js';
import type { Decoded, Pixels } from '../../../src/data/pixels.js';
import { type BrowserDevice, openRuntime } from '../../../src/runtime/browser/index.js';
import { MemoryTraining, planInMemory } from '../../../src/train/in-memory.js';
import { SIDE } from '../../../src/train/recipes.js';
import { engineBeside } from '../../../src/web-folder/engine-names.js';
import { prepare } from '../../../src/web-folder/page/prepare.js';
import { Problem } from '../../../src/web-folder/page/problem.js';
import { encodeModel, type Model } from '../../../src/weights/model.js';
import { encodeOnnxModel } from '../../../src/weights/onnx-model.js';
import { whyOf } from '../reasons.js';
import { fetchEngine } from './engine.js';
import { fitted } from './fitted.js';
import type { ModelFormat, News, Order } from './messages.js';
import { readImages } from './read-images.js';

type OrderOf<K extends Order['kind']> = Extract<Order, { kind: K }>;

const tell = (news: News, moved: Transferable[] = []) => postMessage(news, { transfer: moved });

let training: MemoryTraining | undefined;
/** Resolves when the training may go on. */
let gate = Promise.resolve();
let open = () => {};
let stopped = false;

async function imagesOf({ source, options }: OrderOf<'begin'>) {
  const { size = SIDE, seed = 0 } = options;
  if ('drawn' in source)
    return { splits: drawnDataset(source.drawn), own: [32, 32] as const, images: new Map<string, Decoded>() };
  const side = typeof size === 'number' ? size : Math.max(...size);
  const labelled = 'classes' in source;
  return readImages(labelled ? source.classes : [{ name: '', files: source.images }], { side, seed, tell, labelled });
}

async function begin(order: OrderOf<'begin'>): Promise<void> {
  const found = await imagesOf(order);
  const loader = new LocalLoader(async (file) => {
    const image = found.images.get(file);
    if (!image) throw new ImageError(file, 'it was not read');
    return image;
  });
  const { plan, runtime, passedOver } = await fitted(order, {
    planned: (options) => planInMemory(options, found),
    loader,
    open: async (device) => openRuntime({ device, engine: await fetchEngine(engineBeside(order.page, device)), spawn }),
  });
  training = await MemoryTraining.create(plan, { loader, runtime });
  const { task, config, splits } = plan;
  tell({
    kind: 'begun',
    task,
    size: config.preprocessing.size,
    classes: config.classes,
    trainImages: splits.train.length,
    validationImages: splits.validation.length,
    epochs: config.epochs,
    batches: training.batches,
    batch: config.batch,
    device: runtime.device as BrowserDevice,
    threads: runtime.threads,
    passedOver,
  });
  for await (const news of training.run()) {
    tell(news);
    if (stopped) tell({ kind: 'stopped' });
    await gate;
  }
  await training.settle();
  tell({ kind: 'ended' });
}

const spawn = () =>
  new Worker(new URL('../../../src/runtime/browser/worker.ts', import.meta.url), { type: 'module', name: 'engine' });

async function ask({ id, file }: OrderOf<'ask'>): Promise<void> {
  const { task, preprocessing } = training!.best!.model.card;
  const [height, width] = preprocessing.size;
  const picture = (data: Uint8Array): Pixels => ({ data, height, width, channels: preprocessing.channels });
  try {
    const seen = await prepare(file, preprocessing);
    const said = await training!.answer(seen);
    const answer = task === 'classify' ? { probabilities: [...said] } : { made: picture(said as Uint8Array) };
    tell({ kind: 'answer', id, answer: { seen: picture(seen), ...answer } });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    tell({ kind: 'answer', id });
  }
}

const written: { readonly [F in ModelFormat]: (model: Model) => Uint8Array } = {
  safetensors: encodeModel,
  // as `export` writes it
  onnx: (model) => encodeOnnxModel(model, { foldNorms: true }),
};

function model({ id, format }: OrderOf<'model'>): void {
  const best = training?.best;
  const bytes = best && (written[format](best.model) as Uint8Array<ArrayBuffer>);
  tell({ kind: 'model', id, ...(bytes && { bytes }) }, bytes ? [bytes.buffer] : []);
}

type Answers = { readonly [K in Order['kind']]: (order: OrderOf<K>) => void | Promise<void> };

const answers: Answers = {
  begin,
  ask,
  model,
  stop: () => {
    if (stopped) return; // one gate for both
    stopped = true;
    gate = new Promise((resolve) => {
      open = resolve;
    });
  },
  go: () => {
    stopped = false;
    open();
  },
};

addEventListener('message', async ({ data }: MessageEvent<Order>) => {
  try {
    await (answers[data.kind] as (order: Order) => void | Promise<void>)(data);
  } catch (error) {
    tell({ kind: 'failed', ...whyOf(error) });
  }
});
