/**
 * Where the page stands, as its address says: `#/explore?net=resnet50&size=224`. What one looks at can thus be shared, kept as a
 * bookmark, and gone back from.
 */
import { computed, signal } from '@preact/signals';

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

/** As it stands where it is no escaped text, since addresses may hold anything. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `#/explore/block?net=resnet50` -> path ['explore', 'block'], query. */
export const route = computed(() => {
  const [path = '', query = ''] = hash.value.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(query) };
});

export type Query = Readonly<Record<string, string | number | undefined>>;

/** The address of a view; what is undefined is left out. */
export function addressOf(path: readonly string[], query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given.map(([name, value]) => [name, `${value}`]));
  return `#/${path.map(encodeURIComponent).join('/')}${given.length > 0 ? `?${search}` : ''}`;
}

/** Goes there. @param replace whether `back` should skip the view that is left, as for each move of a slider */
export function go(address: string, { replace = false } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', address);
  hash.value = location.hash;
}
