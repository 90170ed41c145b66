/** Trained classifiers as judges: their weights stand in the graph of another training, and stay as they are. */
import { UserError } from '../errors.js';
import { input, scoped, show, type Value } from '../graph/index.js';
import { Build, normalise } from '../nn/index.js';
import { fingerprint, type Model, readModel, type Weights } from '../weights/index.js';
import type { Perceptual, Reference, TrainConfig } from './config.js';
import type { Judges } from './tasks/task.js';

/** What goes before the names of a judge's weights, which the network in training may have too. */
type Role = keyof Judges;

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

/** Weights of judges by the names that they have in the graph. */
export const judgeWeights = (judges: Judges): Weights =>
  Object.fromEntries(
    Object.entries(judges).flatMap(([role, model]) =>
      Object.entries((model as Model | undefined)?.weights ?? {}).map(([name, tensor]) => [`${role}.${name}`, tensor]),
    ),
  );

/**
 * What the classifier sees in images [n, c, h, w] of 0 … 1, of whatever size: maps [n, c, h, w] after the given stages (from 1),
 * with its own normalisation and its running statistics.
 * @throws UserError for stages that it lacks, other channels, or a size that its weights are not for
 */
export function featureMaps(model: Model, { stages }: Pick<Perceptual, 'stages'>, images: Value): readonly Value[] {
  const { stages: own = [], name } = model.network;
  const maps = seenBy(model, images, (x, build) => {
    const found: Value[] = [];
    for (const stage of own) found.push(stage(found.at(-1) ?? x, build));
    return found;
  });
  const deepest = Math.max(...stages);
  if (deepest > maps.length)
    throw new UserError(`the classifier ${name} has the stages 1 to ${maps.length}, got ${deepest}`);
  return stages.map((stage) => maps[stage - 1]!);
}

/** The pooled features [n, d] of images, as `featureMaps` sees them. @throws as `featureMaps` */
export const pooledFeatures = (classifier: Model, images: Value): Value =>
  seenBy(classifier, images, classifier.network.embed);

/** What layers of the classifier make of images of 0 … 1. */
function seenBy<T>(classifier: Model, images: Value, make: (x: Value, build: Build) => T): T {
  const { channels } = classifier.card.preprocessing;
  if (images.shape[1] !== channels)
    throw new UserError(`the classifier takes images of ${channels} channel(s), the pictures have ${images.shape[1]}`);
  return judged('classifier', classifier, images, make);
}

/** A teacher's answer to images [n, c, h, w] of 0 … 1: logits [n, classes]. @throws as `featureMaps` */
export const logitsOf = (teacher: Model, images: Value): Value =>
  judged('teacher', teacher, images, teacher.network.forward);

/** What a judge makes of images of 0 … 1. */
function judged<T>(
  role: Role,
  { network, card, weights }: Model,
  images: Value,
  make: (x: Value, build: Build) => T,
): T {
  const build = new Build({ frozen: () => true });
  const made = scoped(role, () => make(normalise(images, card.preprocessing), build));
  for (const [name, { shape }] of build.parameters) {
    const own = weights[name.slice(role.length + 1)]!.shape;
    if (show(shape) !== show(own))
      throw new UserError(
        `the ${role} ${network.name} takes images of its own size only: at ${show(images.shape.slice(2))} ${name} would be ${show(shape)} instead of ${show(own)}; train with the size ${show(card.preprocessing.size)}`,
      );
  }
  return made;
}
