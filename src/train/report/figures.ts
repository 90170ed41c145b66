const four = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const share = new Intl.NumberFormat('en', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });

const finite = (format: (value: number) => string) => (value: number) => (Number.isFinite(value) ? format(value) : '–');

/** 0.4127, 12.3, 1.5e-5: four significant digits. */
export const decimal = finite((value) =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2).replace(/\.?0+e/, 'e') : four.format(value),
);

/** 12,345 */
export const count = finite((value) => whole.format(value));

/** Seconds as 3 min 7 s. */
export const duration = finite(
  (seconds) => `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`,
);

/** 93.1% of a share from 0 to 1. */
export const percent = finite((value) => share.format(value));
