/** Beginning with the weights of another model: what fits is taken, what does not (a head for other classes) starts afresh. */
import { UserError } from '../errors.js';
import { show, type Value } from '../graph/index.js';
import { buildNetwork, headOf, type Network, networkOf } from '../models/index.js';
import type { Model, Weights } from '../weights/index.js';

export interface Start {
  /** By the names of the network that begins. */
  readonly weights: Weights;
  /** Parameters that the model cannot give: their names. */
  readonly fresh: readonly string[];
}

/**
 * The weights of a model for another network. An autoencoder gives its encoder to a network that classifies, and a classifier becomes
 * an autoencoder's encoder.
 * @param classes that the network is to tell apart; where the model's own have other names, its head is not taken, be they as many
 * @throws UserError where nothing fits but by chance: less than half of the network's parameters
 */
export function startFrom(model: Model, network: Network, classes: readonly string[]): Start {
  refuseFolded(model);
  const { build, y } = buildNetwork(network, { batch: 2 });
  const wanted = [...build.parameters];
  const anew = model.card.task === 'classify' && isOther(model.card.classes, classes) ? headNames(y) : [];
  const given = (name: string) =>
    [name, `encoder.${name}`, name.replace(/^encoder\./, '')].find((known) => known in model.weights);
  const taken = wanted.flatMap(([name, { shape }]) => {
    if (anew.includes(name)) return [];
    const source = given(name);
    const tensor = source === undefined ? undefined : model.weights[source]!;
    return tensor && show(tensor.shape) === show(shape) ? [[name, tensor] as const] : [];
  });
  if (taken.length * 2 < wanted.length && !taken.some(([name]) => name.startsWith('encoder.')))
    throw new UserError(
      `${model.network.name} has only ${taken.length} of the ${wanted.length} parameters of ${network.name}; give a model of the same network`,
    );
  const weights = Object.fromEntries(taken);
  return { weights, fresh: wanted.map(([name]) => name).filter((name) => !(name in weights)) };
}

/** Whether classes have other names; numbers, as files without names have them, are none. */
const isOther = (known: readonly string[], wanted: readonly string[]): boolean =>
  `${known}` !== `${wanted}` && !known.every((name, i) => name === `${i}`);

function headNames(y: Value): readonly string[] {
  const { weight, bias } = headOf(y) ?? {};
  return [weight, bias].flatMap((parameter) => parameter?.source.name ?? []);
}

/** A file whose graph is not its network's any more has weights of the same names that mean something else. */
function refuseFolded({ card, weights }: Model): void {
  if (card.task === 'generate') return;
  const own = buildNetwork(networkOf(card.network), { batch: 2 }).build.parameters;
  const missing = [...own.keys()].filter((name) => !(name in weights));
  if (missing.length > 0)
    throw new UserError(
      `its norms are folded into its convolutions, or its weights are 8-bit numbers: ${missing.length} of its network's parameters are missing, such as ${missing[0]}. Begin with the model that it was made of, or with one that was exported with --keep-norms`,
    );
}
