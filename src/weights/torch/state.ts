/** The tensors of a checkpoint by their names, wherever in the pickled object they are. */
import { UserError } from '../../errors.js';
import { unreadable } from '../byte-source.js';
import type { StoredTensor } from '../stored-tensor.js';
import { type Dict, Inert, kindOf, Tensor, type Value } from './values.js';

/** Where training scripts put a state_dict, in the order in which they are looked for. */
const PLACES = ['state_dict', 'model', 'model_ema'];
/** Modules in modules in modules: a network is no deeper. */
const MAX_DEPTH = 32;
const MAX_MODULES = 10_000;

interface Asked {
  readonly name: string;
  /** The entry that holds the weights; otherwise the usual ones are tried. */
  readonly key?: string | undefined;
}

/** @throws UserError when there is none, naming what there is instead */
export function stateOf(root: Value, { name, key }: Asked): ReadonlyMap<string, StoredTensor> {
  const entry = key === undefined ? root : entryOf(root, key);
  if (entry === undefined) throw new UserError(`${name} has no entry '${key}'; it has ${namesIn(root)}`);
  const found = tensorsOf(entry) ?? PLACES.map((place) => tensorsOf(entryOf(entry, place))).find(Boolean);
  if (found) return found;
  throw unreadable(
    name,
    `it holds no state_dict at its top or under ${PLACES.join(', ')}; its top is ${kindOf(entry)}${entry instanceof Map ? ` of ${namesIn(entry)}` : ''}`,
    'Name the entry that holds the weights with --key.',
  );
}

const entryOf = (value: Value | undefined, key: string): Value | undefined =>
  value instanceof Map ? value.get(key) : undefined;

const namesIn = (value: Value): string => {
  const names = value instanceof Map ? [...value.keys()].filter((key) => typeof key === 'string') : [];
  return names.length > 0 ? names.slice(0, 8).join(', ').slice(0, 200) : 'no names';
};

/** Of a dict that holds tensors, or of a module; nothing otherwise. */
function tensorsOf(value: Value | undefined): Map<string, StoredTensor> | undefined {
  const tensors = new Map<string, StoredTensor>();
  if (value instanceof Map) addTensors(tensors, value, '');
  else if (value instanceof Inert) addModules(tensors, value);
  return tensors.size > 0 ? tensors : undefined;
}

function addTensors(tensors: Map<string, StoredTensor>, from: Dict, prefix: string): void {
  for (const [key, value] of from)
    if (typeof key === 'string' && value instanceof Tensor) tensors.set(`${prefix}${key}`, value.stored);
}

/** What Module.state_dict() does: parameters and buffers, then those of the modules inside, each under its path. */
function addModules(tensors: Map<string, StoredTensor>, root: Inert): void {
  const waiting = [{ module: root, prefix: '', depth: 0 }];
  // a module may stand in many places, so that few bytes make many paths
  for (let visits = 0; waiting.length > 0 && visits < MAX_MODULES; visits++) {
    const { module, prefix, depth } = waiting.pop()!;
    const part = (name: string) => dictOf(module.state instanceof Map ? module.state.get(name) : undefined);
    for (const own of ['_parameters', '_buffers']) addTensors(tensors, part(own), prefix);
    if (depth === MAX_DEPTH) continue;
    const inside = [...part('_modules')].flatMap(([key, one]) =>
      typeof key === 'string' && one instanceof Inert
        ? [{ module: one, prefix: `${prefix}${key}.`, depth: depth + 1 }]
        : [],
    );
    waiting.push(...inside.reverse());
  }
}

const dictOf = (value: Value | undefined): Dict => (value instanceof Map ? value : new Map());
