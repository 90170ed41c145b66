/** A project of somebody else's, with the package in it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../prepare.js';

/** Runs a program in a folder, within ten minutes. @returns what it printed. @throws Error with all that it said */
export function output(cwd, program, ...words) {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    ...{ cwd, encoding: 'utf8', timeout: 600_000, maxBuffer: 1e8, shell: process.platform === 'win32' },
    // as guides say: or the engine's install script fetches CUDA's libraries, from another place than npm's registry
    env: { ...process.env, NODE_ENV: undefined, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${error ?? ''}\n${stdout}\n${stderr}`);
  return stdout;
}

function project(folder) {
  cpSync(fileURLToPath(new URL('consumer', import.meta.url)), folder, { recursive: true });
  const manifest = { name: 'consumer', private: true, version: '1.0.0', type: 'module' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
}

/** As npm installs it, from the registry. */
export function installed(folder, { tarball }) {
  project(folder);
  output(folder, 'npm', 'install', '--no-audit', '--no-fund', tarball, '@types/node@20');
}

/** As npm would install it, by the packages that are here: in seconds, and without a network. */
export function linked(folder, { unpacked }) {
  project(folder);
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const wanted = Object.entries(packages)
    .filter(([path, { dev, optional }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !dev && !optional)
    .map(([path]) => path);
  for (const path of new Set([...wanted, 'node_modules/@types/node', 'node_modules/undici-types'])) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(root, path), join(folder, path));
  }
  cpSync(unpacked, join(folder, 'node_modules/resmirror'), { recursive: true });
  mkdirSync(join(folder, 'node_modules/.bin'));
  symlinkSync('../resmirror/bin/resmirror.js', join(folder, 'node_modules/.bin/resmirror'));
}
