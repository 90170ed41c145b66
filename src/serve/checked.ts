/** What clients send, checked by schemas. */
import * as v from 'valibot';
import { problems } from '../schema.js';
import { HttpError } from './http-error.js';

/** @throws HttpError 400 that says what does not fit */
export function checked<S extends v.GenericSchema>(schema: S, given: unknown, what: string): v.InferOutput<S> {
  const { success, output, issues } = v.safeParse(schema, given);
  if (success) return output;
  throw new HttpError(400, `expected ${what}; ${problems(issues, schema)}`);
}

/** JSON out of bytes, checked. @throws HttpError 400 */
export function checkedJson<S extends v.GenericSchema>(schema: S, bytes: Uint8Array, what: string): v.InferOutput<S> {
  let given: unknown;
  try {
    given = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new HttpError(400, `expected ${what} as JSON, got something else`);
  }
  return checked(schema, given, what);
}

/** Parameters behind the question mark: texts, and numbers where the schema wants them. @throws HttpError 400 */
export function checkedQuery<S extends v.StrictObjectSchema<v.ObjectEntries, undefined>>(
  schema: S,
  query: URLSearchParams,
): v.InferOutput<S> {
  const given = [...query].map(([name, text]) => {
    const entry = schema.entries[name];
    const wantsNumber = entry !== undefined && text.trim() !== '' && !v.is(entry, text);
    return [name, wantsNumber && Number.isFinite(Number(text)) ? Number(text) : text];
  });
  return checked(schema, Object.fromEntries(given), 'parameters that there are');
}
