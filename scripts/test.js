/**
 * `npm test`: installs what is missing, builds, and runs all tests; `npm test -- autodiff` those whose path contains the word.
 * Closes with `N passed, N failed, N skipped`.
 */
import { readdirSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { prepare, root } from './prepare.js';

prepare();
process.chdir(root);
const wanted = process.argv.slice(2);
const files = readdirSync('build/test', { recursive: true })
  .filter((file) => file.endsWith('.test.js') && wanted.every((word) => file.includes(word)))
  .map((file) => `build/test/${file}`)
  .sort();
if (files.length === 0) {
  console.error(`no test file has ${wanted.join(' and ')} in its path`);
  process.exit(1);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
// two at a time: most tests start the runtime, which takes every core by itself
const tests = run({ files, concurrency: 2 });
const isTest = ({ details, nesting }) => details.type !== 'suite' && !(nesting === 0 && details.type === 'file');
tests.on('test:pass', (data) => {
  if (isTest(data)) counts[data.skip || data.todo ? 'skipped' : 'passed']++;
});
tests.on('test:fail', (data) => {
  if (isTest(data)) counts.failed++;
});
tests.compose(new spec()).pipe(process.stdout);
tests.on('end', () => {
  process.on('exit', () =>
    console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`),
  );
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
});
