/**
 * Whether the package is fit to be published, in a temporary folder, after `npm run build`:
 *
 *   node scripts/check-package.js            what it holds, publint, types, a project that uses it, bundles: a minute, no network
 *   node scripts/check-package.js --whole    with npm's own installation, and on Node 20, 22 and 24: minutes
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundles } from './package/bundles.js';
import { installed, linked, output } from './package/consumer.js';
import { judgeContents, pack } from './package/tarball.js';
import { attw, compile, lint } from './package/types.js';

const isWhole = process.argv.includes('--whole');
const folder = mkdtempSync(join(tmpdir(), 'resmirror-package-'));
const consumer = join(folder, 'consumer');

async function step(name, work) {
  const start = performance.now();
  const result = await work();
  console.log(`${name.padEnd(40)} ${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s`);
  return result;
}

/** Node of another major version: npm's package `node`, whose install script fetches the program. */
function node(major) {
  const at = join(folder, `node${major}`);
  mkdirSync(at);
  output(at, 'npm', 'install', '--ignore-scripts=false', '--no-audit', '--no-fund', `node@${major}`);
  return join(at, 'node_modules/node/bin/node');
}

function programs(program) {
  rmSync(join(consumer, 'runs'), { recursive: true, force: true });
  const said = JSON.parse(output(consumer, program, 'library.js').trim().split('\n').at(-1));
  output(consumer, program, 'commonjs.cjs');
  return said;
}

try {
  const packed = await step('pack', () => pack(folder));
  await step('contents', () => judgeContents(packed.files));
  await step('publint', () => lint(packed));
  await step('are the types wrong?', () => attw(packed));
  await step(isWhole ? 'npm install' : 'packages linked', () => (isWhole ? installed : linked)(consumer, packed));
  await step('TypeScript 5 and 7', () => compile(consumer));
  const said = await step(`ESM and CommonJS, Node ${process.versions.node}`, () => programs(process.execPath));
  await step('npx resmirror', () =>
    output(consumer, 'npx', '--no', 'resmirror', 'summary', 'resnet18', '--size', '64'),
  );
  await step('Vite, webpack and esbuild, in a browser', () => bundles(consumer, said));
  if (isWhole)
    for (const major of [20, 22, 24]) {
      const program = await step(`install Node ${major}`, () => node(major));
      await step(`ESM and CommonJS, Node ${output(folder, program, '--version').trim()}`, () => programs(program));
    }
  console.log(
    `${packed.files.length} files, ${(packed.size / 1e6).toFixed(1)} MB, unpacked ${(packed.unpackedSize / 1e6).toFixed(1)} MB`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
