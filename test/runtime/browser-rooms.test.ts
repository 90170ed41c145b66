/** What runs in browsers: nothing there, nor anything that it imports, may need Node. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = new URL('../../src/', import.meta.url);

/** Whole rooms, and single files of others. */
const ROOMS = ['graph', 'random', 'autodiff', 'lower', 'onnx', 'nn', 'models', 'optim', 'runtime/browser', 'browser'];
const FILES = [
  'train/trainer.js',
  'train/learner.js',
  'train/settle.js',
  'train/evaluate.js',
  'train/plan-network.js',
  'data/local-loader.js',
  'train/in-memory.js',
  'data/split.js',
  'data/drawn/set.js',
  'weights/model.js',
  'weights/safetensors.js',
  ...['grad-cam', 'generation', 'layers', 'map-pictures', 'overlay', 'points', 'questions'].map(
    (name) => `inference/${name}.js`,
  ),
];
/** Packages that browsers can run. */
const PACKAGES = /^(valibot|@bufbuild\/protobuf(\/.*)?|ml-matrix)$/;

const IMPORT = /^(?:import|export) (?:[^'"]*? from )?['"]([^'"]+)['"];$/gm;

/** Every import of a package, as `package < importer < its importer …`. */
function packagesBehind(entries: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, behind: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const chain = behind ? `${path} < ${behind}` : path;
    const text = readFileSync(new URL(path, root), 'utf8');
    for (const [, target] of text.matchAll(IMPORT))
      if (target!.startsWith('.')) walk(new URL(target!, new URL(path, root)).href.slice(root.href.length), chain);
      else found.push(`${target} < ${chain}`);
  };
  for (const entry of entries) walk(entry, '');
  return found;
}

const filesOf = (room: string): readonly string[] =>
  readdirSync(fileURLToPath(new URL(room, root)), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => `${room}/${name.replaceAll('\\', '/')}`);

const foreign = (chains: readonly string[]) => chains.filter((chain) => !PACKAGES.test(chain.split(' < ')[0]!));

test('rooms that run in browsers import nothing that needs Node', () => {
  const files = [...ROOMS.flatMap(filesOf), ...FILES];
  assert.ok(files.length > 80 && files.every((file) => existsSync(new URL(file, root))));
  assert.deepEqual(foreign(packagesBehind(files)), []);
});

test('the walk finds what needs Node', () => {
  const chains = foreign(packagesBehind(['runtime/index.js']));
  assert.ok(chains.includes('node:worker_threads < runtime/node/client.js < runtime/node/host.js < runtime/index.js'));
});
