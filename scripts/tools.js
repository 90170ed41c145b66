/** Programs of tools/, which check what is published and written: installed when one is first wanted, since no user needs them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './prepare.js';

const folder = join(root, 'tools');

function installed() {
  const [wanted, present] = ['package-lock.json', 'node_modules/.package-lock.json'].map((file) => join(folder, file));
  if (!existsSync(present)) return false;
  const names = JSON.parse(readFileSync(wanted, 'utf8')).packages;
  const have = JSON.parse(readFileSync(present, 'utf8')).packages;
  return Object.entries(names).every(
    ([path, { version, optional }]) => path === '' || optional || have[path]?.version === version,
  );
}

/** Path of a file in tools/node_modules, once it is there. */
export function tool(path) {
  if (!installed()) {
    console.error('Installing the tools …');
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
  }
  return join(folder, 'node_modules', path);
}
