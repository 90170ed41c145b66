/** Numbers as people read them. */

/** 11689512 -> `11,689,512`. A locale's formatter would cost the command 20 ms to load. */
export const grouped = (count: number): string => `${count}`.replace(/\B(?=(\d{3})+$)/g, ',');

const scales = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** 1821669376 -> `1.82 G` */
export function scaled(value: number): string {
  const [unit, letter] = scales.find(([least]) => value >= least) ?? [1, ''];
  const digits = value / unit;
  return letter ? `${digits.toFixed(digits < 10 ? 2 : 1)} ${letter}` : `${value}`;
}

/** 0.4525 -> `45.3 %` */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Seconds as `12 s`, `3:07`, `2:03:07`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => `${n}`.padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `1 image`, `2 images` */
export const counted = (amount: number, one: string, many = `${one}s`): string =>
  `${grouped(amount)} ${amount === 1 ? one : many}`;

/** A bar of this many columns that fills by eighths. */
export function bar(share: number, columns: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * columns * 8);
  const partial = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8]!;
  return `${'█'.repeat(Math.floor(eighths / 8))}${partial}`.padEnd(columns);
}
