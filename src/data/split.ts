import { UserError } from '../errors.js';
import { permutation } from '../random/index.js';
import { type Source, sizeOf, subset } from './source.js';

/** Positions of the images of each class; one group when unlabelled. */
function groups(source: Source): Map<number, number[]> {
  const byClass = new Map<number, number[]>();
  for (let i = 0; i < sizeOf(source); i++) {
    const label = source.labels?.[i] ?? -1;
    const group = byClass.get(label);
    if (group) group.push(i);
    else byClass.set(label, [i]);
  }
  return byClass;
}

/**
 * Sets `fraction` of each class aside, the same images for the same `seed`. A class of two or more images is in both
 * parts; an only image stays for training. The order of images is kept.
 * @throws UserError when nothing can be set aside
 */
export function holdOut(
  source: Source,
  { fraction, seed }: { fraction: number; seed: number },
): { train: Source; validation: Source } {
  const held = new Uint8Array(sizeOf(source));
  for (const [label, members] of groups(source)) {
    const count = Math.min(members.length - 1, Math.max(1, Math.round(members.length * fraction)));
    for (const k of permutation(members.length, seed, 'split', label).subarray(0, count))
      held[members[k] as number] = 1;
  }
  if (!held.includes(1))
    throw new UserError(
      'There are too few images to set some aside for validation: at least two of a class are needed. Add images, or a val/ folder.',
      'too-few-images',
    );
  const all = Uint32Array.from(held, (_, i) => i);
  return {
    train: subset(
      source,
      all.filter((i) => held[i] === 0),
    ),
    validation: subset(
      source,
      all.filter((i) => held[i] === 1),
    ),
  };
}
