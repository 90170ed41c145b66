/** Tensors of another program under this project's names. */
import { UserError } from '../../errors.js';
import { toOurs } from './scheme.js';
import { type SchemeName, schemes } from './schemes.js';

/** What wrappers put in front of every name. */
const PREFIXES = ['module.', '_orig_mod.', 'model.', 'net.', 'network.', 'backbone.', 'encoder.', 'resnet.'];

/** What is counted beside the weights, and has no place in a network that does not train. */
const COUNTERS = /(?:^|\.)(?:num_batches_tracked|n_averaged)$/;

export interface Renamed<T> {
  readonly scheme: SchemeName;
  /** What stood in front of the names. */
  readonly prefix: string;
  /** Our name -> the tensor, and its name in the file. */
  readonly tensors: ReadonlyMap<string, { readonly tensor: T; readonly theirs: string }>;
  /** Names in the file that no row of the scheme fits. */
  readonly leftover: readonly string[];
  /** Counters, which are left out. */
  readonly dropped: readonly string[];
}

/**
 * Takes common prefixes off, and the scheme that knows the most names.
 * @throws UserError where two tensors would take one name
 */
export function renamed<T>(given: ReadonlyMap<string, T>, file: string): Renamed<T> {
  const dropped = [...given.keys()].filter((name) => COUNTERS.test(name));
  const names = [...given.keys()].filter((name) => !COUNTERS.test(name));
  const attempts = commonPrefixes(names).flatMap((prefix) =>
    (Object.keys(schemes) as SchemeName[]).map((scheme) => {
      const translate = toOurs(schemes[scheme]);
      const bare = (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name);
      return { scheme, prefix, ours: names.map((name) => translate(bare(name))) };
    }),
  );
  const known = ({ ours }: (typeof attempts)[number]) => ours.filter((name) => name !== undefined).length;
  const { scheme, prefix, ours } = attempts.reduce((best, next) => (known(next) > known(best) ? next : best));
  const tensors = new Map<string, { tensor: T; theirs: string }>();
  for (const [i, name] of ours.entries()) {
    const theirs = names[i]!;
    if (name === undefined) continue;
    const other = tensors.get(name);
    if (other) throw new UserError(`${file}: both ${other.theirs} and ${theirs} would be ${name}`);
    tensors.set(name, { tensor: given.get(theirs)!, theirs });
  }
  return { scheme, prefix, tensors, leftover: names.filter((_, i) => ours[i] === undefined), dropped };
}

/**
 * What stands in front of most names, the longest first, down to nothing: `resnet.` is a wrapper's prefix to one program and a part of the name to
 * another. A criterion beside the network does not count against it.
 */
function commonPrefixes(names: readonly string[]): readonly string[] {
  const prefixes = [''];
  for (;;) {
    const longer = PREFIXES.map((part) => prefixes[0] + part).find(
      (start) => 2 * names.filter((name) => name.startsWith(start)).length > names.length,
    );
    if (longer === undefined) return prefixes;
    prefixes.unshift(longer);
  }
}
