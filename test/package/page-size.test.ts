/** What a page that only runs a model is sent, besides the engine: the page of examples/page, as Vite makes it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';

const folder = await mkdtemp(join(tmpdir(), 'resmirror-page-'));
after(() => rm(folder, { recursive: true, force: true }));

/** Bytes of all scripts, gzipped, by the name of their file. */
async function scripts(external: (string | RegExp)[]): Promise<Readonly<Record<string, number>>> {
  const built = (await build({
    ...{ root: 'examples/page', configFile: false, publicDir: false, logLevel: 'silent' },
    build: { outDir: folder, emptyOutDir: true, target: 'es2023', rolldownOptions: { external } },
    worker: { format: 'es' },
  })) as Rolldown.RolldownOutput;
  const files = built.output.filter(({ fileName }) => fileName.endsWith('.js'));
  return Object.fromEntries(
    files.map((file) => [file.fileName, gzipSync(file.type === 'chunk' ? file.code : file.source).length]),
  );
}

const sum = (sizes: Readonly<Record<string, number>>) => Object.values(sizes).reduce((a, b) => a + b);

test('our code is under 40 kB gzipped, its worker with it', async (t) => {
  const ours = await scripts([/^valibot/, /^@bufbuild\/protobuf/]);
  assert.ok(
    Object.keys(ours).some((name) => name.includes('worker')),
    Object.keys(ours).join(', '),
  );
  const all = sum(await scripts([]));
  t.diagnostic(`${sum(ours)} bytes; ${all} with valibot and @bufbuild/protobuf`);
  assert.ok(sum(ours) < 40_000, `${sum(ours)} bytes`);
  assert.ok(all < 70_000, `${all} bytes`);
  assert.ok(sum(ours) > 20_000 && all > sum(ours)); // the page is there, and the packages too
});
