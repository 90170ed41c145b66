/** Which runs the address shows: `show=a,b`. A name may have a comma, which is then written %2C. */
import { route } from '../route.js';

/** Runs side by side: as many as there are colours that can be told apart. */
export const MOST = 8;

export const shownAs = (names: readonly string[]): string =>
  names.map((name) => name.replaceAll('%', '%25').replaceAll(',', '%2C')).join(',');

const plain = (name: string): string => name.replaceAll('%2C', ',').replaceAll('%25', '%');

/** In their order, each once. */
export const shown = (): readonly string[] => {
  const names = (route.value.query.get('show') ?? '').split(',').filter(Boolean).map(plain);
  return [...new Set(names)].slice(0, MOST);
};
