/**
 * Whether a training's cost stays in proportion: time per image over more images and more epochs, and how much of it goes by
 * waiting for images to be made ready. Small pictures by the thousand, and photos where a folder is given.
 */
import { linkSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TrainOptions, train, writeDrawnFolder } from 'resmirror';
import { median, Peer } from './peer.js';
import { print, type Settings } from './settings.js';

interface Work {
  readonly name: string;
  readonly options: Pick<TrainOptions, 'data' | 'net' | 'variant' | 'epochs'>;
}

/** As small as such networks are: what goes on around it shows. */
export const small = { net: '{"bottleneck":false,"repeats":[1,1,1],"width":16}', variant: 'cifar', epochs: 2 } as const;

export async function epochs({ threads, images, wanted }: Settings): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'resmirror-bench-'));
  try {
    const drawn = await writeDrawnFolder(join(folder, 'drawn'), { perClass: 10, size: 32 });
    const works: readonly Work[] = [
      ...[1_000, 10_000, 100_000].map((count) => ({
        name: `${count} pictures in files, 8 layers`,
        options: { ...small, data: linked(drawn, join(folder, `${count}`), count) },
      })),
      { name: '1000 pictures, 10 epochs', options: { ...small, data: join(folder, '1000'), epochs: 10 } },
      { name: '100000 pictures in memory, 8 layers', options: { ...small, data: 'drawn:100000' } },
      ...(images ? [{ name: `${basename(images)}, resnet18`, options: { data: images, epochs: 3 } }] : []),
    ];
    print(['training', 'until the first step, s', 'epoch', 'ms an image', 'CPU ms an image', 'waiting, %'], '---');
    for (const [i, { name, options }] of works.entries())
      if (wanted(name))
        await measure(name, { task: 'classify', ...options }, { threads, out: join(folder, `run-${i}`) });
    if (wanted('in turns')) await compareInTurns(folder, threads);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(name: string, options: TrainOptions, run: { threads: number; out: string }): Promise<void> {
  const began = performance.now();
  let ready = 0;
  const seen: { epoch: number; batch: number; cpu: number; speed: number; waiting: number }[] = [];
  const { config } = await train({
    ...options,
    ...run,
    onStep: ({ epoch, batch, imagesPerSecond, waiting }) => {
      ready ||= performance.now() - began;
      const { user, system } = process.cpuUsage();
      seen.push({ epoch, batch, cpu: (user + system) / 1000, speed: imagesPerSecond, waiting });
    },
  });
  for (const last of seen.filter((step, i) => step.epoch !== seen[i + 1]?.epoch)) {
    const first = seen.find(({ epoch }) => epoch === last.epoch)!;
    const cpu = (last.cpu - first.cpu) / ((last.batch - first.batch) * config.batch);
    const times = [1000 / last.speed, cpu].map((ms) => ms.toFixed(2));
    print([name, (ready / 1000).toFixed(1), `${last.epoch}`, ...times, (100 * last.waiting).toFixed(1)]);
  }
}

/** Epochs whose steps are compared, of folders of so many pictures. */
const compared = [
  { count: 100_000, epoch: 2 },
  { count: 1_000, epoch: 2 },
  { count: 1_000, epoch: 10 },
] as const;
/** Of the 12 steps in an epoch of 1,000 pictures the first begins it, another shows that it goes; three turns of three count two each. */
const [PASSES, TURNS, STEPS] = [5, 3, 3] as const;

/** Steps of some epochs in turns, for a machine's speed changes by more in the course of a minute than is looked for here. */
async function compareInTurns(folder: string, threads: number): Promise<void> {
  const begin = async ({ count, epoch }: (typeof compared)[number], pass: number) => {
    const out = join(folder, `turns-${count}-${epoch}-${pass}`);
    const args = [join(folder, `${count}`), `${epoch}`, out, `${threads}`];
    const peer = new Peer(out, [process.execPath, 'build/bench/epoch.js', ...args]);
    await peer.take(1);
    return peer;
  };
  const times = compared.map((): number[] => []);
  const lasting = await begin(compared[0], 0);
  for (let pass = 0; pass < PASSES; pass++) {
    const fresh: Peer[] = [];
    for (const work of compared.slice(1)) fresh.push(await begin(work, pass));
    for (let turn = 0; turn < TURNS; turn++)
      for (const [i, peer] of [lasting, ...fresh].entries()) times[i]!.push(...(await peer.take(STEPS)).ms.slice(1));
    await Promise.all(fresh.map((peer) => peer.close()));
  }
  await lasting.close();
  const medians = times.map(median);
  console.log('');
  print(['pictures', 'epoch', 'ms an image, in turns', 'to the first row'], '---');
  for (const [i, { count, epoch }] of compared.entries())
    print([`${count}`, `${epoch}`, medians[i]!.toFixed(3), (medians[i]! / medians[0]!).toFixed(2)]);
}

/** A folder of that many files, the same pictures over and over, in class folders by the first word of their names. */
function linked(pictures: readonly string[], folder: string, count: number): string {
  for (let i = 0; i < count; i++) {
    const picture = pictures[i % pictures.length]!;
    const place = join(folder, basename(picture).split('-')[0]!);
    if (i < pictures.length) mkdirSync(place, { recursive: true });
    linkSync(picture, join(place, `${i}.png`));
  }
  return folder;
}
