/** rule.py again: the rule that fills weights and inputs, and the digest that stands for a large tensor. README.md states both. */

const fnv1a32 = (name: string): number =>
  [...new TextEncoder().encode(name)].reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5 | 0);

const fmix32 = (value: number): number => {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** base + amplitude (2 u - 1), u in [0, 1) hashed from name and element number. */
export function noise(name: string, shape: readonly number[], amplitude: number, base = 0): Float32Array {
  const seed = fnv1a32(name);
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < values.length; i++)
    values[i] = base + amplitude * (fmix32((Math.imul(i, 0x9e3779b9) + seed) | 0) * 2 ** -31 - 1);
  return values;
}

/** The value of a weight or running statistic; its kind shows in the name's ending and the number of axes. */
export function parameterValue(name: string, shape: readonly number[]): Float32Array {
  const kind = name.slice(name.lastIndexOf('.') + 1);
  const article = /conv\.(weight|bias)$/.test(name) || shape.length === 3;
  const scale = article ? 1 / 256 : 1;
  if (kind === 'running_mean') return noise(name, shape, 0.1 * scale);
  if (kind === 'running_var') return noise(name, shape, 0.2 * scale ** 2, scale ** 2);
  if (kind === 'weight' && [1, 3].includes(shape.length)) return noise(name, shape, 0.1, 0.5);
  if (kind === 'weight') return noise(name, shape, Math.sqrt(6 / shape.slice(1).reduce((a, b) => a * b, 1)) * scale);
  if (name.endsWith('conv.bias')) return noise(name, shape, 0.1 * scale);
  return noise(name, shape, 0.5, 1.25);
}

/** [L2 norm, <values, probe:name>, evenly spaced elements]. */
export function digest(name: string, values: ArrayLike<number>, samples = 4): number[] {
  const probe = noise(`probe:${name}`, [values.length], 1);
  let [square, product] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    square += values[i]! ** 2;
    product += values[i]! * probe[i]!;
  }
  const count = Math.min(samples, values.length);
  const picked = Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]!);
  return [Math.sqrt(square), product, ...picked];
}

/** The largest of three relative errors: norm, projection, samples; norms below `floor` count as `floor`. */
export function digestError(actual: readonly number[], golden: readonly number[], size: number, floor = 0): number {
  const scale = Math.max(golden[0]!, floor, Number.MIN_VALUE);
  const squares = golden.slice(2).map((value, i) => (actual[i + 2]! - value) ** 2);
  return Math.max(
    Math.abs(actual[0]! - golden[0]!) / scale,
    (Math.abs(actual[1]! - golden[1]!) * Math.sqrt(3)) / scale,
    Math.sqrt((squares.reduce((a, b) => a + b, 0) / squares.length) * size) / scale,
  );
}
