/** Keys that clients must show. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { HttpError } from './http-error.js';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Keys of a file: one a line, without empty lines and those that begin with #. */
export const keysIn = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

/** Checks requests for `Authorization: Bearer KEY` or `X-API-Key: KEY`, in a time that tells nothing of the keys. */
export function keyCheck(keys: readonly string[]): (request: Pick<Request, 'headers'>) => void {
  const known = keys.map(digest);
  return ({ headers }) => {
    const bearer = /^Bearer (.+)$/i.exec(headers.get('Authorization') ?? '')?.[1];
    const given = digest(bearer ?? headers.get('X-API-Key') ?? '');
    if (known.filter((key) => timingSafeEqual(key, given)).length === 0)
      throw new HttpError(401, 'expected a key as Authorization: Bearer KEY', { 'WWW-Authenticate': 'Bearer' });
  };
}
