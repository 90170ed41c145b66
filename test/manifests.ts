/** Manifests of the examples, held to the fields that are known, by the compiler. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

export interface Manifest {
  readonly kind: string;
}

/** The documents of a file below the repository's root. */
export async function manifestsIn(file: string): Promise<readonly Manifest[]> {
  return parseAllDocuments(await readFile(join(root, file), 'utf8')).map((document) => {
    assert.deepEqual(document.errors, []);
    return document.toJS() as Manifest;
  });
}

/**
 * What the compiler says of manifests as objects of their kinds.
 * @param types kind -> the module that describes it: a package's, or one of the tests from the root of the repository
 */
export async function complaintsAbout(
  all: readonly Manifest[],
  types: Readonly<Record<string, string>>,
): Promise<string> {
  const here = join(root, 'build/test/manifests');
  await mkdir(here, { recursive: true });
  const file = join(here, `${all.map(({ kind }) => kind).join('-')}.ts`);
  const moduleOf = (kind: string) => types[kind]!.replace(/^test\//, `${root}test/`);
  const lines = all.map(
    (one, i) => `export const m${i}: import('${moduleOf(one.kind)}').${one.kind} = ${JSON.stringify(one)};`,
  );
  await writeFile(file, lines.join('\n'));
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'];
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [compiler, '--ignoreConfig', ...options, '--types', '', file]).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }) => `${stdout}${stderr}`,
  );
}
