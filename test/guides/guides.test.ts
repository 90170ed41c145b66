/** Every command and every program of the pages that is marked to be run, run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { commandOf, launchers } from '../communicator/launchers.js';
import { type Block, blocksOf } from './blocks.js';
import { freePort, missing, project } from './project.js';
import { commandsOf, small } from './table.js';

const PYTHON = '/usr/bin/python3';
const hasTorch = spawnSync(PYTHON, ['-c', 'import torchvision']).status === 0;
const MPIRUN = commandOf('Open MPI');
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  sh: ['bash', '-euo', 'pipefail', '-c'],
  py: [PYTHON, '-c'],
  js: [process.execPath, '--input-type=module', '-e'],
};

/** Why a page cannot be followed here. */
function obstacle(blocks: readonly Block[]): string | false {
  if (blocks.some(({ language }) => language === 'py') && !hasTorch) return `${PYTHON} has no torchvision`;
  const texts = blocks.map(({ text }) => text).join('\n');
  if (texts.includes('$MPIRUN') && !MPIRUN) return 'Open MPI is not here (Debian: openmpi-bin)';
  const wanted = missing().filter((name) => texts.includes(`'${name}'`));
  return wanted.length > 0 && `${wanted.join(', ')} is not here: npm ci in tools/ installs it`;
}

/** Runs all blocks, one after the other, in a project of their own. */
async function follow(page: string, blocks: readonly Block[]): Promise<void> {
  const folder = await project();
  try {
    const PATH = `${join(folder, 'node_modules/.bin')}:${process.env.PATH}`;
    const PORT = `${await freePort()}`;
    const own = { PATH, PORT, URL: `http://127.0.0.1:${PORT}`, MPIRUN };
    const env = { ...process.env, ...launchers['Open MPI'].environment, ...own };
    for (const { language, file, text, line } of blocks) {
      if (file !== undefined) {
        await writeFile(join(folder, file), text.replaceAll('$PORT', PORT));
        continue;
      }
      const [program, ...words] = PROGRAMS[language] ?? assert.fail(`line ${line}: nothing runs ${language}`);
      const { status, stdout, stderr } = spawnSync(program!, [...words, text], { cwd: folder, env, encoding: 'utf8' });
      assert.equal(status, 0, `${page}, line ${line}:\n${text}\n${stdout}\n${stderr}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const guides = readdirSync('docs/guides').filter((file) => file.endsWith('.md'));
for (const page of [...guides.map((name) => `docs/guides/${name}`), 'docs/understanding.md', 'README.md']) {
  const blocks = blocksOf(await readFile(page, 'utf8'));
  test(page, { skip: obstacle(blocks) }, async () => {
    assert.ok(blocks.length > 0, 'no block is marked to be run');
    await follow(page, blocks);
  });
}

const typed = commandsOf(await readFile('README.md', 'utf8')).map(
  (command): Block => ({ language: 'sh', file: undefined, text: small(command), line: 0 }),
);
test('the ten things to do', { skip: obstacle(typed) }, () => follow('README.md', typed));

/** What is said beside the code is said in the language of the page. */
const bare = (text: string) => text.replaceAll(/ *(\/\/|#).*$/gm, '');
for (const page of ['README', 'docs/understanding'])
  test(`${page} has the same code in both languages`, async () => {
    const [english, chinese] = await Promise.all(
      ['md', 'zh-CN.md'].map(async (end) => await readFile(`${page}.${end}`, 'utf8')),
    );
    const code = (text: string) => blocksOf(text).map((block) => bare(block.text));
    assert.deepEqual(code(chinese!), code(english!));
    if (page === 'README') assert.deepEqual(commandsOf(chinese!), commandsOf(english!));
  });

test('what is not in a block cannot be changed, and marks are seen', () => {
  assert.throws(() => blocksOf('<!-- in CI: a => b -->\n```sh run\nc\n```\n'), /changes nothing/);
  const [first, second] = blocksOf(
    '```sh\nno\n```\n```js file=a.js\nyes\n```\n<!-- in CI: x => y -->\n```sh run\nx\n```\n',
  );
  assert.deepEqual(first, { language: 'js', file: 'a.js', text: 'yes\n', line: 4 });
  assert.deepEqual(second, { language: 'sh', file: undefined, text: 'y\n', line: 8 });
});
