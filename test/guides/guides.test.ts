/** Every command and every program of the guides that is marked to be run, run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Block, blocksOf } from './blocks.js';
import { freePort, missing, project } from './project.js';

const PYTHON = '/usr/bin/python3';
const hasTorch = spawnSync(PYTHON, ['-c', 'import torchvision']).status === 0;
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  sh: ['bash', '-euo', 'pipefail', '-c'],
  py: [PYTHON, '-c'],
};

/** Why a guide cannot be followed here. */
function obstacle(blocks: readonly Block[]): string | false {
  if (blocks.some(({ language }) => language === 'py') && !hasTorch) return `${PYTHON} has no torchvision`;
  const wanted = missing().filter((name) => blocks.some(({ text }) => text.includes(`'${name}'`)));
  return wanted.length > 0 && `${wanted.join(', ')} is not here: npm ci in tools/ installs it`;
}

for (const name of readdirSync('docs/guides').filter((file) => file.endsWith('.md'))) {
  const blocks = blocksOf(await readFile(`docs/guides/${name}`, 'utf8'));
  test(`guide ${name}`, { skip: obstacle(blocks) }, async (t) => {
    assert.ok(blocks.length > 0, 'no block is marked to be run');
    const folder = await project();
    t.after(() => rm(folder, { recursive: true, force: true }));
    const PATH = `${join(folder, 'node_modules/.bin')}:${process.env.PATH}`;
    const env = { ...process.env, PATH, PORT: `${await freePort()}` };
    for (const { language, file, text, line } of blocks) {
      if (file !== undefined) {
        await writeFile(join(folder, file), text.replaceAll('$PORT', env.PORT));
        continue;
      }
      const [program, ...words] = PROGRAMS[language] ?? assert.fail(`line ${line}: nothing runs ${language}`);
      const { status, stdout, stderr } = spawnSync(program!, [...words, text], { cwd: folder, env, encoding: 'utf8' });
      assert.equal(status, 0, `docs/guides/${name}, line ${line}:\n${text}\n${stdout}\n${stderr}`);
    }
  });
}

test('what is not in a block cannot be changed, and marks are seen', () => {
  assert.throws(() => blocksOf('<!-- in CI: a => b -->\n```sh run\nc\n```\n'), /changes nothing/);
  const [first, second] = blocksOf(
    '```sh\nno\n```\n```js file=a.js\nyes\n```\n<!-- in CI: x => y -->\n```sh run\nx\n```\n',
  );
  assert.deepEqual(first, { language: 'js', file: 'a.js', text: 'yes\n', line: 4 });
  assert.deepEqual(second, { language: 'sh', file: undefined, text: 'y\n', line: 8 });
});
