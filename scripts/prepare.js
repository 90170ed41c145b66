/** What every entry needs first: dependencies as the lock file has them, and the compiled program. Node's own modules only. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command in the repository, its output on this terminal; ends this program when it fails. */
export function run(command, args, options = {}) {
  const { status, signal } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  });
  if (signal) process.kill(process.pid, signal);
  if (status !== 0) process.exit(status ?? 1);
}

/** npm writes what it has installed beside the packages; the lock file says what should be. */
function installed() {
  const [wanted, present] = ['package-lock.json', 'node_modules/.package-lock.json'].map((file) => `${root}/${file}`);
  if (!existsSync(present)) return false;
  const versions = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const have = versions(present);
  return Object.entries(versions(wanted)).every(
    ([path, { version, optional }]) => path === '' || optional || have[path]?.version === version,
  );
}

export function prepare() {
  if (!installed()) {
    console.error('Installing dependencies …');
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  console.error('Building …');
  build();
}

/** The program, what of it runs in browsers, and the page. */
const PROJECTS = [
  '.',
  'src/web-folder/page',
  'src/serve/try/page',
  'src/runtime/browser',
  'src/browser',
  'web',
  'web/service-worker',
];

export function build() {
  for (const project of PROJECTS) run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project]);
  run(process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'web', '--logLevel', 'warn']);
}
