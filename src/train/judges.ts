/** Trained classifiers as judges: their weights stand in the graph of another training, and stay as they are. */
import { UserError } from '../errors.js';
import { scoped, show, type Value } from '../graph/index.js';
import { Build, normalise } from '../nn/index.js';
import type { Model, Weights } from '../weights/model.js';
import type { Perceptual } from './config.js';
import type { Judges } from './tasks/task.js';

/** What goes before the names of a judge's weights, which the network in training may have too. */
type Role = keyof Judges;

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
