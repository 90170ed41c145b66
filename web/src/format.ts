/** Figures as the page's language writes them. */
import { language, say } from './language.js';

type Figure = number | null | undefined;

const formatted = (value: Figure, options: Intl.NumberFormatOptions): string =>
  typeof value === 'number' && Number.isFinite(value) ? value.toLocaleString(language.value, options) : '–';

/** Four significant digits. */
export const decimal = (value: Figure): string =>
  value && Math.abs(value) < 1e-3
    ? value.toExponential(2).replace(/\.?0+e/, 'e')
    : formatted(value, { maximumSignificantDigits: 4 });

export const count = (value: Figure): string => formatted(value, { maximumFractionDigits: 0 });

/** Of a share from 0 to 1. */
export const percent = (value: Figure): string =>
  formatted(value, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const decibels = (value: Figure): string => {
  const text = formatted(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return text === '–' ? text : `${text} dB`;
};

const durations = {
  seconds: { en: '{s} s', 'zh-CN': '{s} 秒' },
  minutes: { en: '{m} min {s} s', 'zh-CN': '{m} 分 {s} 秒' },
  hours: { en: '{h} h {m} min', 'zh-CN': '{h} 小时 {m} 分' },
};

/** 3 min 7 s */
export function duration(value: Figure): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '–';
  const all = Math.round(value);
  const given = { h: count(Math.floor(all / 3600)), m: Math.floor((all % 3600) / 60), s: all % 60 };
  return say(durations[all < 60 ? 'seconds' : all < 3600 ? 'minutes' : 'hours'], given);
}

const units = { day: 86_400, hour: 3600, minute: 60, second: 1 } as const;

/** 5 minutes ago */
export function ago(time: string): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));
  const [unit, length] = Object.entries(units).find(([, size]) => seconds >= size) ?? ['second', 1];
  const format = new Intl.RelativeTimeFormat(language.value, { numeric: 'auto' });
  return format.format(-Math.floor(seconds / length), unit as Intl.RelativeTimeFormatUnit);
}
