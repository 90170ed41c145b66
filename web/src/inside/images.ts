/** From image files to what a network sees. */
import type { Pixels } from '../../../src/data/pixels.js';
import { PIXEL_LIMIT } from '../../../src/web-folder/page/prepare.js';
import type { Preprocessing } from '../../../src/weights/model.js';
import { Failure } from './failure.js';
import type { Answered, Asked } from './prepare-worker.js';
import { troubles } from './texts.js';

export interface SeenImage {
  readonly name: string;
  /** Prepared as the program does. */
  readonly pixels: Pixels;
}

let worker: Worker | undefined;
let count = 0;
const waiting = new Map<number, (answer: Answered) => void>();

function started(): Worker {
  worker ??= new Worker(new URL('./prepare-worker.ts', import.meta.url), { type: 'module', name: 'resmirror images' });
  worker.onmessage = ({ data }: MessageEvent<Answered>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  };
  worker.onerror = () => {
    for (const [id, settle] of waiting) settle({ id, why: 'no memory' });
    waiting.clear();
    worker = undefined; // the next image gets another
  };
  return worker;
}

/** @throws Failure for files that are no images, or too large */
export async function imageOf(file: Blob, name: string, preprocessing: Preprocessing): Promise<SeenImage> {
  const { seen, why = 'unreadable' } = await new Promise<Answered>((resolve) => {
    const asked: Asked = { id: count++, file, preprocessing };
    waiting.set(asked.id, resolve);
    started().postMessage(asked);
  });
  if (!seen) throw new Failure(troubles[why], { name, limit: PIXEL_LIMIT / 1e6 });
  const [height, width] = preprocessing.size;
  return { name, pixels: { data: seen, height, width, channels: preprocessing.channels } };
}
