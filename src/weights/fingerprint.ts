/** Telling whether weights are the same, whatever file they lie in. */
import { createHash } from 'node:crypto';
import type { Weights } from './model.js';

/** SHA-256 over names, shapes and numbers, in the order of the names: 64 hexadecimal digits. */
export function fingerprint(weights: Weights): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(weights).sort()) {
    const { shape, data } = weights[name]!;
    hash.update(`${name} [${shape}]\n`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
