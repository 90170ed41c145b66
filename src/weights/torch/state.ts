/** The tensors of a checkpoint by their names, wherever in the pickled object they are. */
import { UserError } from '../../errors.js';
import { unreadable } from '../byte-source.js';
import type { StoredTensor } from '../stored-tensor.js';
import { type Dict, Inert, kindOf, Tensor, type Value } from './values.js';

/** Where training scripts put a state_dict, in the order in which they are looked for. */
const PLACES = ['state_dict', 'model', 'model_ema'];
/** Modules in modules in modules: a network is no deeper. */
const MAX_DEPTH = 32;
const MAX_TENSORS = 100_000;

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
  else if (value instanceof Inert) addModule(tensors, value, { prefix: '', depth: 0 });
  return tensors.size > 0 ? tensors : undefined;
}

function addTensors(tensors: Map<string, StoredTensor>, from: Dict, prefix: string): void {
  for (const [key, value] of from)
    if (typeof key === 'string' && value instanceof Tensor) tensors.set(`${prefix}${key}`, value.stored);
}

/** What Module.state_dict() does: parameters and buffers, then those of the modules inside. */
function addModule(
  tensors: Map<string, StoredTensor>,
  { state }: Inert,
  { prefix, depth }: { prefix: string; depth: number },
): void {
  if (!(state instanceof Map) || depth > MAX_DEPTH || tensors.size > MAX_TENSORS) return;
  for (const part of ['_parameters', '_buffers']) {
    const own = state.get(part);
    if (own instanceof Map) addTensors(tensors, own, prefix);
  }
  const inside = state.get('_modules');
  if (!(inside instanceof Map)) return;
  for (const [key, module] of inside)
    if (typeof key === 'string' && module instanceof Inert)
      addModule(tensors, module, { prefix: `${prefix}${key}.`, depth: depth + 1 });
}
