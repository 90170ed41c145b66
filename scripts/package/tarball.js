/** The package as npm would publish it, in a folder: the file, and what it holds. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../prepare.js';

/** @returns the tarball, the folder that it unpacks to, and its files as `{ path, size }` */
export function pack(folder) {
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
    { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' },
  );
  if (status !== 0) throw new Error(`npm pack: ${stderr}`);
  const answer = JSON.parse(stdout);
  const [{ files, size, unpackedSize }] = Array.isArray(answer) ? answer : Object.values(answer);
  const tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  );
  const unpacked = join(folder, 'unpacked');
  mkdirSync(unpacked);
  run('tar', ['-xzf', tarball, '-C', unpacked]);
  return { tarball, unpacked: join(unpacked, 'package'), files, size, unpackedSize };
}

/** What a package of this program may hold, and nothing else. */
const HELD = [
  /^(LICENSE|README(\.zh-CN)?\.md|package\.json|bin\/resmirror\.js)$/,
  /^build\/src\/.*\.(js|d\.ts|css)$/,
  /^build\/web\/.*\.(js|css|html|wasm|txt)$/,
];
/** Without these it would be of no use. */
const NEEDED = ['bin/resmirror.js', 'build/src/index.js', 'build/src/cli/main.js', 'build/web/index.html'];

/** @throws Error that names files too many, or missing */
export function judgeContents(files) {
  const paths = files.map(({ path }) => path);
  const needless = paths.filter((path) => !HELD.some((form) => form.test(path)));
  const missing = NEEDED.filter((path) => !paths.includes(path));
  const empty = files.filter(({ size }) => size === 0).map(({ path }) => path);
  if (needless.length + missing.length > 0)
    throw new Error(
      `the package holds ${needless.join(', ') || 'nothing needless'}; it lacks ${missing.join(', ') || 'nothing'}`,
    );
  return empty;
}
