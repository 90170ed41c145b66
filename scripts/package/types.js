/** What others say of the package: publint, @arethetypeswrong/cli, and the compiler in somebody else's project. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../prepare.js';
import { tool } from '../tools.js';
import { output } from './consumer.js';

/** @throws Error with all that it finds, suggestions too */
export async function lint({ unpacked }) {
  const { publint } = await import(pathToFileURL(tool('publint/src/index-node.js')).href);
  const { formatMessage } = await import(pathToFileURL(tool('publint/src/utils.js')).href);
  const { messages, pkg } = await publint({ pkgDir: unpacked, level: 'suggestion', strict: true, pack: false });
  if (messages.length > 0) throw new Error(messages.map((message) => formatMessage(message, pkg)).join('\n'));
}

/** ESM only: `require` of it needs Node's own way for modules, and resolution of before 2022 is not served. */
export const attw = ({ tarball }) =>
  output(root, process.execPath, tool('@arethetypeswrong/cli/dist/index.js'), tarball, '--profile', 'esm-only');

const STRICT = [
  '--noEmit',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--noUncheckedIndexedAccess',
  '--target',
  'es2023',
];
const WAYS = {
  node: [['--module', 'nodenext', '--types', 'node'], 'node.ts'],
  page: [['--module', 'preserve', '--moduleResolution', 'bundler', '--lib', 'es2023,dom,dom.iterable'], 'page.ts'],
};

/** By TypeScript 5 and 7, with the declarations of all that the package imports. */
export function compile(folder) {
  const compilers = [tool('typescript/bin/tsc'), join(root, 'node_modules/typescript/bin/tsc')];
  for (const compiler of compilers)
    for (const [flags, file] of Object.values(WAYS))
      output(folder, process.execPath, compiler, ...STRICT, ...flags, file);
}
