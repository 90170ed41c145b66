/** `npm run words`: the spelling of all English pages; words of the field that cspell does not know go into docs/words.txt. */
import { run } from './prepare.js';
import { tool } from './tools.js';

run(process.execPath, [tool('cspell/bin.mjs'), 'lint', '--no-progress', '--no-summary', '**/*.md']);
