/** Judges out of files: chosen for a new training, and found again for one that goes on. */
import { UserError } from '../errors.js';
import { input } from '../graph/index.js';
import { fingerprint, type Model, readModel } from '../weights/index.js';
import type { Perceptual, Reference, TrainConfig } from './config.js';
import { featureMaps, pooledFeatures } from './judges.js';
import type { Judges } from './tasks/task.js';

/** @throws UserError for models that do not classify, or that do not say where their stages are */
export async function readClassifier(path: string): Promise<Model> {
  const model = await readModel(path);
  const { card, network } = model;
  if (card.task !== 'classify')
    throw new UserError(
      `${path} was trained to ${card.task}; to judge by its features, give one made by 'train classify'`,
    );
  if (!network.stages)
    throw new UserError(
      `${path} was read as one whole graph, which does not say where its stages are; give the run folder or .safetensors file that it was made of`,
    );
  return model;
}

/** The model that a training began with. @throws UserError where the file holds other weights now, which would be another training */
export async function sameModel({ model: path, sha256 }: Reference): Promise<Model> {
  const model = await readModel(path);
  const found = fingerprint(model.weights);
  if (found !== sha256)
    throw new UserError(
      `the model ${path} has changed since the training began: expected weights with SHA-256 ${sha256}, got ${found}; put the old file back, or start a new run`,
    );
  return model;
}

/** The judges that the training of a configuration began with. */
export async function sameJudges({
  perceptual,
  judge,
  teacher,
}: Pick<TrainConfig, 'perceptual' | 'judge' | 'teacher'>): Promise<Judges> {
  return {
    ...(judge && { classifier: await sameModel(judge) }),
    ...(perceptual && { classifier: await sameModel({ model: perceptual.classifier, sha256: perceptual.sha256 }) }),
    ...(teacher && { teacher: await sameModel(teacher) }),
  };
}

/** Features lie tens of times further apart than pixels: with this weight neither term drowns the other. */
const WEIGHT = 0.01;

interface Choice {
  /** Run folder or file. */
  readonly path: string;
  readonly stages?: readonly number[] | undefined;
  readonly weight?: number | undefined;
}

/** The classifier of a new training for pictures [c, h, w], and how its features are compared. */
export async function chooseClassifier(
  { path, stages: chosen, weight = WEIGHT }: Choice,
  pictures: readonly number[],
): Promise<{ readonly classifier: Model; readonly perceptual: Perceptual }> {
  const classifier = await readClassifier(path);
  // from deeper ones a picture's shapes and colours cannot be told any more: Johnson et al. 2016, figure 3
  const half = Math.ceil(classifier.network.stages!.length / 2);
  const stages = chosen ?? Array.from({ length: half }, (_, i) => i + 1);
  featureMaps(classifier, { stages }, input('pictures', [1, ...pictures])); // complains now of what does not fit
  return { classifier, perceptual: { classifier: path, sha256: fingerprint(classifier.weights), stages, weight } };
}

/** The classifier of a new generation of pictures [c, h, w], by whose features it is judged. */
export async function chooseJudge(
  path: string,
  pictures: readonly number[],
): Promise<{ readonly classifier: Model; readonly judge: Reference }> {
  const classifier = await readClassifier(path);
  pooledFeatures(classifier, input('pictures', [1, ...pictures])); // complains now of what does not fit
  return { classifier, judge: { model: path, sha256: fingerprint(classifier.weights) } };
}
