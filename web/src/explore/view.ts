/** What the figure shows, as the address says it: `net=resnet50&size=224&open=2,2.0&at=forward.2.0`. */
import { computed } from '@preact/signals';
import { type Network, resnet, settingNames, settingOf, transposeResnet } from '../../../src/models/index.js';
import { reductionOf, refuseOptions, stems } from '../../../src/models/rows.js';
import { addressOf, go, route } from '../route.js';
import { type Anatomy, anatomyOf } from './anatomy.js';

export const variants = ['mirror', 'article'] as const;
export type Variant = (typeof variants)[number];
export const sides = ['forward', 'mirror'] as const;
export type Side = (typeof sides)[number];

export interface View {
  readonly net: string;
  readonly variant: Variant;
  /** Height and width of the image. */
  readonly size: number;
  readonly classes: number;
  /** Length of the vector that the mirror takes. */
  readonly latent: number;
  /** Stages and blocks that are unfolded: `2`, `2.0`. */
  readonly open: readonly string[];
  /** The block that is described: `forward.2.0`. */
  readonly at: string | undefined;
  /** What the address asks for and there is none of. */
  readonly refused: readonly string[];
}

export const limits = { size: 16_384, classes: 1_000_000, latent: 1_000_000 } as const;
const isCifar = (net: string) => net.startsWith('cifar');
const usual = (net: string) => ({ size: isCifar(net) ? 32 : 224, classes: isCifar(net) ? 10 : 1000, latent: 128 });

/** Whether the article's networks leave room for all that a setting says. */
export function hasArticle(net: string): boolean {
  try {
    refuseOptions(settingOf(net), 'article');
    return true;
  } catch {
    return false;
  }
}

export const view = computed((): View => {
  const { query } = route.value;
  const refused: string[] = [];
  /** What the address says, where it makes sense; otherwise what is usual. */
  function read<T>(name: string, parse: (text: string) => T | undefined, otherwise: T): T {
    const text = query.get(name);
    if (text === null) return otherwise;
    const value = parse(text);
    if (value === undefined) refused.push(`${name}=${text.slice(0, 40)}`);
    return value ?? otherwise;
  }
  const net = read('net', (text) => settingNames.find((name) => name === text.toLowerCase()), 'resnet50');
  const own = usual(net);
  const numbers = (['size', 'classes', 'latent'] as const).map((name) => [
    name,
    read(name, (text) => wholeUpTo(text, limits[name]), own[name]),
  ]);
  const variant = read(
    'variant',
    (text) => variants.find((name) => name === text && (name !== 'article' || hasArticle(net))),
    'mirror' as Variant,
  );
  const { size, classes, latent } = Object.fromEntries(numbers) as Pick<View, 'size' | 'classes' | 'latent'>;
  const open = (query.get('open') ?? '').split(',').filter(Boolean);
  return { net, variant, size, classes, latent, open, at: query.get('at') ?? undefined, refused };
});

function wholeUpTo(text: string, most: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= 1 && value <= most ? value : undefined;
}

/** The address of the view with some of it changed; what is usual is left out. */
export function addressWith(change: Partial<View>): string {
  const now = { ...view.value, ...change };
  const own = usual(now.net);
  const unless = <T>(value: T, known: T) => (value === known ? undefined : value);
  return addressOf(['explore'], {
    net: now.net,
    variant: unless(now.variant, 'mirror'),
    size: unless(now.size, own.size),
    classes: unless(now.classes, own.classes),
    latent: unless(now.latent, own.latent),
    open: now.open.join(','),
    at: now.at,
  });
}

export const change = (part: Partial<View>, options?: { readonly replace: boolean }): void =>
  go(addressWith(part), options);

/** Another network, at the size and with the classes that are usual for it. */
export const changeNet = (net: string): void =>
  change({ net, ...usual(net), variant: hasArticle(net) ? view.value.variant : 'mirror', open: [], at: undefined });

export function toggle(id: string): void {
  const { open } = view.value;
  const next = open.includes(id) ? open.filter((one) => one !== id) : [...open, id];
  change({ open: next }, { replace: true });
}

/** The image's sides have to be multiples of this. */
export const step = computed((): number => {
  const { net, variant } = view.value;
  return reductionOf(settingOf(net), stems[isCifar(net) && variant === 'mirror' ? 'cifar' : 'imagenet']);
});

export const nearestSize = (): number => {
  const most = Math.floor(limits.size / step.value) * step.value;
  return Math.min(Math.max(Math.round(view.value.size / step.value), 1) * step.value, most);
};

/** What makes the pair, so that unfolding builds nothing anew. */
const wanted = computed(() => {
  const { net, variant, size, classes, latent } = view.value;
  return JSON.stringify({ net, variant, size, classes, latent });
});

export interface Pair {
  readonly forward: Anatomy;
  readonly mirror: Anatomy;
}

/** Both networks; nothing where the stages do not halve the image evenly. */
export const pair = computed((): Pair | undefined => {
  const { net, variant, size, classes, latent } = JSON.parse(wanted.value) as View;
  if (size % step.value) return undefined;
  const article = variant === 'article';
  const forward: Network = resnet(net, { size, classes, ...(article && { variant }) });
  const mirror: Network = transposeResnet(net, { size, latent, ...(article && { variant }) });
  return {
    forward: anatomyOf(forward, ['stem', 'head']),
    mirror: anatomyOf(mirror, ['head', 'stem']),
  };
});
