/** JSON files of other programs. */
import * as v from 'valibot';
import { problems } from '../schema.js';
import { type ByteSource, unreadable, withFile } from './byte-source.js';
import { topLevelKeys } from './strict-json.js';

/** Names and descriptions of 22,000 classes take 3 MB. */
const MAX_BYTES = 2 ** 24;

/**
 * What a JSON file says, as a schema takes it; keys that the schema does not name are left out.
 * @throws UserError for files that are missing, too large, no JSON, have a key twice or say something else
 */
export const readJson = <S extends v.GenericSchema>(path: string, schema: S): Promise<v.InferOutput<S>> =>
  withFile(path, async (file) => parsed(file, schema));

async function parsed<S extends v.GenericSchema>(file: ByteSource, schema: S): Promise<v.InferOutput<S>> {
  const { name, size } = file;
  const remedy = 'Fetch it again, or correct it.';
  if (size > MAX_BYTES) throw unreadable(name, `it has ${size} bytes; the most that is read is ${MAX_BYTES}`, remedy);
  const bytes = await file.read(0, size);
  let given: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    topLevelKeys(text);
    given = JSON.parse(text);
  } catch (error) {
    throw unreadable(name, `it is not valid JSON (${(error as Error).message.slice(0, 200)})`, remedy);
  }
  const { success, output, issues } = v.safeParse(schema, given);
  if (!success) throw unreadable(name, problems(issues.slice(0, 5)), remedy);
  return output;
}
