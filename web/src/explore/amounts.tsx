/** Numbers that may be large, and bars that show their share of the whole. */
import { number, say, type Text } from '../language.js';
import type { Figures } from './anatomy.js';

const scales = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** `11.56 G`, `40.8 M`, `640`: three digits, and hundredths of a G as published figures have them. */
export function scaled(value: number): string {
  const [unit, name] = scales.find(([least]) => value >= least) ?? [1, ''];
  if (unit === 1) return number(value);
  const scaledValue = value / unit;
  const digits = name === 'G' || scaledValue < 10 ? 2 : scaledValue < 100 ? 1 : 0;
  return `${number(scaledValue, digits)} ${name}`;
}

const amounts = {
  parameters: { en: 'params', 'zh-CN': '参数' },
  multiplyAdds: { en: 'mult-adds', 'zh-CN': '乘加' },
} as const satisfies { readonly [K in keyof Figures]?: Text };

/** `59 %`, `2.9 %`, `< 0.1 %`. */
function percent(share: number): string {
  if (share > 0 && share < 0.0005) return `< ${number(0.1, 1)} %`;
  return `${number(100 * share, share < 0.0995 ? 1 : 0)} %`;
}

/** Both costs of a part, each with its share of the network. */
export const Amounts = ({ part, whole }: { readonly part: Figures; readonly whole: Figures }) => (
  <span class="amounts">
    {(Object.keys(amounts) as (keyof typeof amounts)[]).map((kind) => {
      const share = part[kind] / whole[kind];
      return (
        <span key={kind} class={`amount ${kind}`} title={number(part[kind])}>
          <span class="value">
            <b>{scaled(part[kind])}</b> {say(amounts[kind])}
          </span>
          <span class="percent">{percent(share)}</span>
          <span class="bar">
            <span style={{ width: `${100 * share}%` }} />
          </span>
        </span>
      );
    })}
  </span>
);
