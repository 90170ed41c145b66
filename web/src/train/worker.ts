/** The worker that trains: the library's trainer on the runtime of browsers. */
import { drawnDataset } from '../../../src/data/drawn/set.js';
import { ImageError } from '../../../src/data/image-error.js';
import { LocalLoader } from '../../../src/data/local-loader.js';
import type { Decoded } from '../../../src/data/pixels.js';
import { openRuntime } from '../../../src/runtime/browser/index.js';
import { MemoryTraining, planInMemory } from '../../../src/train/in-memory.js';
import { SIDE } from '../../../src/train/recipes.js';
import { prepare } from '../../../src/web-folder/page/prepare.js';
import { encodeModel } from '../../../src/weights/model.js';
import { whyOf } from '../reasons.js';
import { fetchEngine } from './engine.js';
import type { News, Order } from './messages.js';
import { readImages } from './read-images.js';

type Begin = Extract<Order, { kind: 'begin' }>;

const tell = (news: News, moved: Transferable[] = []) => postMessage(news, { transfer: moved });

let training: MemoryTraining | undefined;
/** Resolves when the training may go on. */
let gate = Promise.resolve();
let open = () => {};
let stopped = false;

async function imagesOf({ source, options }: Begin) {
  const { size = SIDE, seed = 0 } = options;
  const side = typeof size === 'number' ? size : Math.max(...size);
  if ('classes' in source) return readImages(source.classes, { side, seed, tell });
  const splits = drawnDataset(source.drawn);
  return { splits, own: [32, 32] as const, images: new Map<string, Decoded>() };
}

async function begin(order: Begin): Promise<void> {
  const engine = fetchEngine(order.engine);
  engine.catch(() => {}); // told when the images are read
  const { splits, own, images } = await imagesOf(order);
  const plan = planInMemory(order.options, { splits, own });
  const runtime = openRuntime({ engine: await engine, spawn });
  const loader = new LocalLoader(async (file) => {
    const image = images.get(file);
    if (!image) throw new ImageError(file, 'it was not read');
    return image;
  });
  training = await MemoryTraining.create(plan, { loader, runtime });
  const { config } = plan;
  tell({
    kind: 'begun',
    size: config.preprocessing.size,
    classes: config.classes,
    trainImages: splits.train.length,
    validationImages: splits.validation.length,
    epochs: config.epochs,
    batches: training.batches,
    batch: config.batch,
    threads: runtime.threads,
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

async function classify({ id, file }: Extract<Order, { kind: 'classify' }>): Promise<void> {
  const { best } = training!;
  try {
    const seen = await prepare(file, best!.model.card.preprocessing);
    tell({ kind: 'classified', id, probabilities: await training!.classify(seen) });
  } catch (error) {
    tell({ kind: 'classified', id, reason: (error as Error).message });
  }
}

type Answers = { readonly [K in Order['kind']]: (order: Extract<Order, { kind: K }>) => void | Promise<void> };

const answers: Answers = {
  begin,
  classify,
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
  model: () => {
    const { best } = training!;
    if (!best) return;
    const bytes = encodeModel(best.model) as Uint8Array<ArrayBuffer>;
    tell({ kind: 'model', bytes, epoch: best.epoch }, [bytes.buffer]);
  },
};

addEventListener('message', async ({ data }: MessageEvent<Order>) => {
  try {
    await (answers[data.kind] as (order: Order) => void | Promise<void>)(data);
  } catch (error) {
    tell({ kind: 'failed', ...whyOf(error) });
  }
});
