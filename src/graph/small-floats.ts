/** Floats of 16 and 8 bits, for which JavaScript of Node 20 has no arrays: numbers of their bits, and bits of numbers. */

/** IEEE 754 binary16: a sign, five bits of exponent, ten of fraction. Eight bits of it are E5M2. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

const bitsOf = (value: number): number => {
  word.setFloat32(0, value);
  return word.getUint32(0);
};

/** The bits of the nearest half; of two equally near ones the even one. From 65,520 on it is infinity. */
export const toHalf = (value: number): number => halfOf(bitsOf(value));

/** As `toHalf`, of a float32's bits. */
export function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // not a number
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) return sign | stepsBelow(magnitude);
  const rebased = magnitude - 0x38000000; // exponents count from 127 in one and from 15 in the other
  return sign | ((rebased + 0xfff + ((rebased >> 13) & 1)) >> 13);
}

/** Below 2^-14 halves are of equal distance, 2^-24: how many of these a float32 is. */
function stepsBelow(magnitude: number): number {
  const exponent = magnitude >> 23;
  if (exponent < 102) return 0; // less than half a step
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - exponent;
  const whole = fraction >> shift;
  const rest = fraction & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return rest > middle || (rest === middle && whole & 1) ? whole + 1 : whole;
}

/** Bfloat16: the upper half of a float32. */
export function fromUpperHalf(bits: number): number {
  word.setUint32(0, bits * 0x10000);
  return word.getFloat32(0);
}

/** The bits of the bfloat16 that is nearest to a float32, of whose bits; of two equally near ones the even one. */
export const upperHalfOf = (bits: number): number =>
  (bits & 0x7fffffff) > 0x7f800000 ? (bits >>> 16) | 0x40 : ((bits | 0) + 0x7fff + ((bits >>> 16) & 1)) >>> 16;

/** Sign, four bits of exponent, three of fraction, no infinities: E4M3 of Micikevicius et al. 2022, table 1, https://arxiv.org/abs/2209.05433 */
export function fromEighth(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits >> 3) & 0xf;
  const fraction = bits & 0x7;
  if (exponent === 0) return sign * fraction * 2 ** -9;
  if (exponent === 0xf && fraction === 7) return Number.NaN;
  return sign * (1 + fraction / 8) * 2 ** (exponent - 7);
}
