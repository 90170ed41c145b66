/** Peak signal-to-noise ratio in dB of 8-bit pixels; finite for equal images, as the program's. */
export function psnr(a: Uint8Array, b: Uint8Array): number {
  const squares = a.reduce((sum, value, i) => sum + ((value - b[i]!) / 255) ** 2, 0);
  return -10 * Math.log10(Math.max(squares / a.length, 1e-10));
}
