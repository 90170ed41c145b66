/** What a file is by its first bytes. Nothing else reaches the decoder, which knows formats that fetch other files. */
import { HttpError } from '../http-error.js';

const text = (bytes: Uint8Array, from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString('latin1');

const types: Readonly<Record<string, (bytes: Uint8Array) => boolean>> = {
  JPEG: (bytes) => text(bytes, 0, 3) === '\xff\xd8\xff',
  PNG: (bytes) => text(bytes, 0, 8) === '\x89PNG\r\n\x1a\n',
  WebP: (bytes) => text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 12) === 'WEBP',
  GIF: (bytes) => /^GIF8[79]a$/.test(text(bytes, 0, 6)),
  AVIF: (bytes) => /^ftyp(?:avif|avis|mif1|heic)$/.test(text(bytes, 4, 12)),
  TIFF: (bytes) => ['II*\0', 'MM\0*'].includes(text(bytes, 0, 4)),
};

/** @throws HttpError 400 for nothing at all, 415 for what is none of the formats */
export function typeOf(bytes: Uint8Array, name: string): string {
  if (bytes.length === 0) throw new HttpError(400, `${name}: expected an image, got 0 bytes`);
  const found = Object.keys(types).find((type) => types[type]!(bytes));
  if (found) return found;
  throw new HttpError(
    415,
    `${name}: expected ${Object.keys(types)
      .join(', ')
      .replace(/, (?=\w+$)/, ' or ')}, got something else`,
  );
}
