/** Every link of every page leads to a file that is there, and to a heading that it has. Links to other sites are not followed. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { anchorsOf, linksOf, pages, textOf } from './pages.js';

/** What is wrong with a link from a page; nothing where it is right, or leads elsewhere. */
function wrong(page: string, target: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return undefined;
  const [path, anchor] = target.split('#') as [string, string | undefined];
  const file = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)));
  if (file.startsWith('..')) return 'leads out of the project';
  if (!existsSync(file)) return `${file} is not there`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return anchorsOf(textOf(file)).has(anchor) ? undefined : `${file} has no heading #${anchor}`;
}

const all = pages();

test('pages are found', () => {
  for (const page of ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/guides/servers.md'])
    assert.ok(all.includes(page), page);
});

for (const page of all)
  test(`links of ${page}`, () => {
    const found = linksOf(textOf(page)).flatMap(({ target, line }) => {
      const reason = wrong(page, target);
      return reason ? [`${page}:${line}: ${target}: ${reason}`] : [];
    });
    assert.deepEqual(found, []);
  });

test('links that lead nowhere are found', () => {
  assert.match(wrong('README.md', 'docs/nowhere.md')!, /is not there/);
  assert.match(wrong('README.md', 'docs/architecture.md#nowhere')!, /no heading/);
  assert.equal(wrong('docs/operators.md', 'architecture.md#named-gradients'), undefined);
  assert.equal(wrong('docs/operators.md', '#conv'), undefined);
  assert.deepEqual(linksOf('a [b](c "d") `[x](y)` ![e](<f>)\n<img src="g">'), [
    { target: 'c', line: 1 },
    { target: 'f', line: 1 },
    { target: 'g', line: 2 },
  ]);
  assert.deepEqual(
    [...anchorsOf('# One `two`: three\n## One two three\n<a id="x"></a>')],
    ['one-two-three', 'one-two-three-1', 'x'],
  );
});
