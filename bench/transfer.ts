/**
 * What a trained classifier is worth where few images are labelled: ten of each class of another set, from scratch and by every way of
 * beginning with it. And what an epoch of its last layer alone takes beside an epoch of the whole network.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Dataset, openData, probe, readModel, type Splits, type TrainOptions, train } from 'resmirror';
import { print, type Settings } from './settings.js';

const PER_CLASS = 10;
const EPOCHS = 40;
/** Each takes other images. */
const DRAWS = [0, 1, 2];

type Way = (data: Splits, seed: number) => Promise<number>;

export async function transfer({ threads, images, model, wanted }: Settings): Promise<void> {
  if (images === undefined || model === undefined)
    return console.log(
      'give a folder of photos in classes and a classifier of other classes: --images FOLDER --model RUN',
    );
  const folder = mkdtempSync(join(tmpdir(), 'resmirror-bench-'));
  const { card, network } = await readModel(model);
  if (card.network.kind !== 'resnet') throw new Error(`expected a classifier, got ${network.name}`);
  const { setting, variant, shortcut, stride, size } = card.network;
  const name = `${network.name} on ${basename(images)}`;
  const afresh = { net: JSON.stringify(setting), variant, shortcut, stride, size };
  let runs = 0;
  const trained =
    (options: Partial<TrainOptions>): Way =>
    async (data, seed) => {
      const out = join(folder, `run-${runs++}`);
      const { evaluation } = await train({ task: 'classify', ...options, data, seed, epochs: EPOCHS, threads, out });
      return evaluation!.metrics.accuracy!;
    };
  const ways: Readonly<Record<string, Way>> = {
    'from scratch': trained(afresh),
    'all weights (--from)': trained({ from: model }),
    'all weights, slower (--from --lr 0.004)': trained({ from: model, learningRate: 0.004 }),
    'last layer first (--from --freeze 3 --freeze-epochs 10)': trained({ from: model, freeze: 3, freezeEpochs: 10 }),
    'less by stage (--from --layer-decay 0.5)': trained({ from: model, layerDecay: 0.5 }),
    'first stages kept (--from --freeze 3)': trained({ from: model, freeze: 3 }),
    'last layer (probe)': async (data, seed) =>
      (await probe(model, data, { threads, seed })).evaluation.metrics.accuracy!,
  };
  try {
    const all = await openData(images);
    print(
      [`${name}, ${PER_CLASS} images a class`, 'accuracy, %, mean', ...DRAWS.map((draw) => `draw ${draw + 1}`)],
      '---',
    );
    for (const [way, accuracyBy] of Object.entries(ways)) {
      if (!wanted(way)) continue;
      const found: number[] = [];
      for (const draw of DRAWS) found.push(100 * (await accuracyBy({ ...all, train: few(all.train, draw) }, draw)));
      const mean = found.reduce((sum, each) => sum + each) / found.length;
      print([way, ...[mean, ...found].map((accuracy) => accuracy.toFixed(1))]);
    }
    if (!wanted('epoch')) return;
    console.log();
    const { history } = await train({
      task: 'classify',
      ...afresh,
      data: all,
      epochs: 2,
      threads,
      out: join(folder, 'whole'),
    });
    const whole = all.train.length / history[1]!.imagesPerSecond;
    const { features, epoch } = (await probe(model, all, { threads })).seconds;
    print([`${name}, an epoch of ${all.train.length} images`, 's', 'whole network / this'], '---');
    print(['the whole network', whole.toFixed(2), '1']);
    print(['the last layer', epoch.toFixed(4), (whole / epoch).toFixed(0)]);
    print([`features of these and ${all.validation.length} to judge by, once`, features.toFixed(2), '']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Of each class the images that no draw before took. */
function few(data: Dataset, draw: number): Dataset {
  const { source } = data;
  if (source.kind !== 'files') throw new Error(`expected a folder of images, got ${data.name}`);
  const all = Array.from({ length: data.length }, (_, i) => i);
  const taken = (id: number) => all.filter((i) => data.label(i) === id).slice(draw * PER_CLASS, (draw + 1) * PER_CLASS);
  const chosen = data.classes.flatMap((_, id) => taken(id));
  const labels = Int32Array.from(chosen, (i) => data.label(i));
  const paths = chosen.map((i) => source.paths[i]!);
  return {
    ...data,
    length: chosen.length,
    source: { ...source, paths, labels },
    label: (index) => labels[index]!,
    describe: (index) => paths[index]!,
  };
}
