/**
 * `npm run words`: the spelling of all English pages, where words of the field that cspell does not know go into docs/words.txt; and how
 * names, spaces and punctuation are written in Chinese pages and in the Chinese of the program's own page.
 */
import { run } from './prepare.js';
import { tool } from './tools.js';

run(process.execPath, [tool('cspell/bin.mjs'), 'lint', '--no-progress', '--no-summary', '**/*.md']);

const CHINESE = ['README.zh-CN.md', 'docs/understanding.zh-CN.md', 'web/src'];
run(process.execPath, [
  tool('autocorrect-node/cli.js'),
  '--lint',
  '--quiet',
  '--config',
  'tools/autocorrect.yml',
  ...CHINESE,
]);
