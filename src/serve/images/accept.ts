/** What a client wants back: pictures as files, or JSON with pictures in it. */
import { parseAccept } from 'hono/utils/accept';
import { HttpError } from '../http-error.js';
import type { PictureType } from './pictures.js';

export const JSON_TYPE = 'application/json';
/** The first of equals is taken. */
const TYPES = [JSON_TYPE, 'image/png', 'image/webp', 'image/jpeg'] as const;
export type AnswerType = typeof JSON_TYPE | PictureType;

/**
 * By the header Accept; JSON where there is none.
 * @throws HttpError 406 for types that there are not
 */
export function acceptedType(header: string | null): AnswerType {
  if (!header) return JSON_TYPE;
  const wanted = parseAccept(header);
  const weightOf = (type: AnswerType) => {
    const ranges = [type, `${type.split('/')[0]}/*`, '*/*'];
    const matches = ranges.flatMap((range) => wanted.filter((one) => one.type.toLowerCase() === range));
    return matches[0]?.q ?? 0; // the most exact range counts
  };
  const [best] = [...TYPES].sort((a, b) => weightOf(b) - weightOf(a));
  if (weightOf(best!) > 0) return best!;
  throw new HttpError(406, `expected Accept to allow ${TYPES.join(', ')}, got ${header.slice(0, 100)}`);
}
