/** The page of a model that makes images: samples of a seed, and the way from one to another. */
import { randomPoints, rowOf, spherical } from '../../inference/points.js';
import { element, say, trouble } from './elements.js';
import type { Engine } from './engine.js';
import { download, draw, gridOf } from './picture.js';
import { inWords } from './problem.js';

/** What a sample is made of: [latent + classes]. */
interface Sample {
  readonly row: Float32Array;
  readonly canvas: HTMLCanvasElement;
}

/** Seeds that the button draws: short enough to be read to somebody. */
const SEEDS = 100_000;
const LARGEST_SEED = 2 ** 32 - 1;

export function generate(engine: Engine): void {
  const { latent = 0, classes, name } = engine.description;
  const buttons = [...element('samples').querySelectorAll('button')];
  const canvases = buttons.map((button) => button.querySelector('canvas')!);
  const [seed, kind] = [element<HTMLInputElement>('seed'), element<HTMLSelectElement>('class')];
  let samples: readonly Sample[] = [];
  const ends = [0, 1];

  const make = async (row: Float32Array): Promise<Uint8Array> => {
    const { data } = await engine.run({ input: 'vectors', dtype: 'float32', shape: [1, row.length], data: row });
    return data as Uint8Array;
  };

  const ask = latestOnly();
  const sample = () =>
    attempt('make images', async () => {
      const isLatest = ask();
      const number = seedOf(seed);
      const only = kind.value === '' ? undefined : Number(kind.value);
      const points = randomPoints({ latent, classes }, { count: canvases.length, seed: number, class: only });
      samples = points.map((point, i) => ({ row: rowOf(point, { latent, classes }), canvas: canvases[i]! }));
      element('samples').setAttribute('aria-busy', 'true');
      for (const [i, { row, canvas }] of samples.entries()) {
        const pixels = await make(row.slice());
        if (!isLatest()) return;
        draw(canvas, pixels, engine.description);
        const of = points[i]!.class;
        buttons[i]!.setAttribute('aria-label', `Sample ${i + 1}${of === undefined ? '' : `, ${classes[of]}`}`);
        buttons[i]!.title = of === undefined ? '' : classes[of]!;
      }
      element('samples').setAttribute('aria-busy', 'false');
      say('verdict', `${points.length} images of seed ${number}`);
      await walk();
    });

  const share = element<HTMLInputElement>('share');
  const askWay = latestOnly();
  const walk = () =>
    attempt('make the image', async () => {
      const isLatest = askWay();
      const [from, to] = ends.map((end) => samples[end]!) as [Sample, Sample];
      for (const [i, button] of buttons.entries()) button.setAttribute('aria-pressed', `${ends.includes(i)}`);
      copy(from.canvas, element<HTMLCanvasElement>('from'));
      copy(to.canvas, element<HTMLCanvasElement>('to'));
      // who moves the slider quickly asks faster than a network answers
      await new Promise((resolve) => requestAnimationFrame(resolve));
      if (!isLatest()) return;
      const pixels = await make(between(from.row, to.row, { share: Number(share.value), latent }));
      if (isLatest()) draw(element<HTMLCanvasElement>('between'), pixels, engine.description);
    });

  for (const [i, button] of buttons.entries())
    button.addEventListener('click', () => {
      if (ends.includes(i)) return;
      ends.push(i);
      ends.shift();
      void walk();
    });
  share.addEventListener('input', walk);
  seed.addEventListener('change', sample);
  kind.addEventListener('change', sample);
  element('again').addEventListener('click', () => {
    seed.value = `${Math.floor(Math.random() * SEEDS)}`;
    void sample();
  });
  element('save').addEventListener('click', () =>
    attempt('save the picture', () => download(gridOf(canvases, 4), `${name}-seed-${seed.value}.png`)),
  );
  element('save-one').addEventListener('click', () => {
    const canvas = element<HTMLCanvasElement>('between');
    return attempt('save the picture', () => download(canvas, `${name}-seed-${seed.value}-between.png`));
  });
  void sample();
}

async function attempt(doing: string, what: () => Promise<void>): Promise<void> {
  trouble();
  try {
    await what();
  } catch (error) {
    trouble(inWords(error, doing));
  }
}

/** The seed that was typed; what is none becomes the nearest. */
function seedOf(input: HTMLInputElement): number {
  const number = Math.min(LARGEST_SEED, Math.max(0, Math.trunc(Number(input.value)) || 0));
  input.value = `${number}`;
  return number;
}

/** On the sphere between the vectors; classes are mixed as much. */
function between(a: Float32Array, b: Float32Array, { share, latent }: { share: number; latent: number }): Float32Array {
  const mixed = a.map((value, i) => (1 - share) * value + share * b[i]!);
  mixed.set(spherical(a.subarray(0, latent), b.subarray(0, latent), share));
  return mixed;
}

function copy(from: HTMLCanvasElement, to: HTMLCanvasElement): void {
  to.width = from.width;
  to.height = from.height;
  to.className = from.className;
  to.getContext('2d')?.drawImage(from, 0, 0);
}

/** Of several things that were asked for, only the latest is shown: hands out who tells whether they are it. */
function latestOnly(): () => () => boolean {
  let latest = 0;
  return () => {
    const mine = ++latest;
    return () => mine === latest;
  };
}
