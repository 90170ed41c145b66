/** The changes that docs/contributing shows, made in a copy of the project, compiled and tested there: together, as they must not be in each other's way. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';

/** Page -> the tests that its change comes with, and those of their names that are run. */
const CHANGES = {
  'add-an-operator': ['autodiff/sweep', '^derivative of Softsign$'],
  'add-a-network-variant': ['models/counts', '^resnet26$'],
  'add-a-weight-format': ['weights/npz-export', '^an archive for NumPy goes round$'],
  'add-a-lowering': ['lower/portable', '^a square is a product'],
} as const;

const folder = await mkdtemp(join(tmpdir(), 'resmirror-contributing-'));
after(() => rm(folder, { recursive: true, force: true }));

function run(program: string, words: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, encoding: 'utf8', input });
  assert.equal(status, 0, `${program} ${words.join(' ')}\n${stdout}\n${stderr}`);
  return stdout;
}

test('every page has its tests', () => {
  const pages = readdirSync('docs/contributing').map((file) => file.replace(/\.md$/, ''));
  assert.deepEqual(pages.sort(), Object.keys(CHANGES).sort());
});

test('changes apply, compile, and pass their tests', async (t) => {
  for (const part of ['src', 'test', 'package.json', 'tsconfig.json'])
    await cp(part, join(folder, part), { recursive: true });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const tests = Object.values(CHANGES).map(([file]) => `test/${file}.test.ts`);
  const { compilerOptions, exclude } = JSON.parse(await readFile('tsconfig.json', 'utf8')) as Record<string, object>;
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, exclude, include: ['src', ...tests] }),
  );
  for (const page of Object.keys(CHANGES)) {
    const text = await readFile(`docs/contributing/${page}.md`, 'utf8');
    const [, patch] = text.match(/^```diff apply\n([\s\S]*?)^```$/m) ?? assert.fail(`${page} shows no change`);
    run('git', ['apply', '--whitespace=nowarn', '-'], patch);
  }
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']);
  for (const [page, [file, name]] of Object.entries(CHANGES))
    await t.test(page, () => {
      const words = ['--test', '--test-reporter=tap', `--test-name-pattern=${name}`, `build/test/${file}.test.js`];
      const { NODE_TEST_CONTEXT: _, ...env } = process.env; // or the tests would tell this file's runner alone
      const { status, stdout } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8', env });
      assert.equal(status, 0, stdout);
      assert.match(stdout, /^# pass [1-9]/m);
    });
});
