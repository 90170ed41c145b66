/** What is looked at, as the address says; what it does not say, or says wrongly, is as usual. */
import { settingNames } from '../../../src/models/index.js';
import { addressOf, go, route } from '../route.js';
import type { Asked } from './plan.js';

export type Side = 'forward' | 'mirror';

export interface View extends Asked {
  /** Names of the stages that are unfolded. */
  readonly open: readonly string[];
  readonly side: Side;
  /** Name of the block that is looked at. */
  readonly block: string | undefined;
}

const USUAL = { net: 'resnet50', size: 224, classes: 1000 } as const;
/** Beyond these, tables take seconds to make. */
export const MOST = { size: 1024, classes: 100_000 } as const;

const whole = (text: string | null, most: number): number | undefined => {
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 && value <= most ? value : undefined;
};

export function viewed(): View {
  const { query } = route.value;
  const net = query.get('net') ?? USUAL.net;
  return {
    net: settingNames.includes(net) ? net : USUAL.net,
    variant: query.get('variant') === 'article' ? 'article' : undefined,
    size: whole(query.get('size'), MOST.size) ?? (net.startsWith('cifar') ? 32 : USUAL.size),
    classes: whole(query.get('classes'), MOST.classes) ?? USUAL.classes,
    open: query.get('open')?.split(',').filter(Boolean) ?? [],
    side: query.get('side') === 'mirror' ? 'mirror' : 'forward',
    block: query.get('block') ?? undefined,
  };
}

/** Looks at something else. */
export function look(change: Partial<View>): void {
  const { open, ...view } = { ...viewed(), ...change };
  go(addressOf(['explore'], { ...view, open: open.join(',') }), { replace: true });
}
