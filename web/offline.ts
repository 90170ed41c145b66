/** The service worker beside the page, told what the build has. */
import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';
import { enginePaths } from '../src/web-folder/engine-files.js';
import type { Build } from './service-worker/messages.js';

/** A name that stays: it is by its contents that browsers see another worker. */
export const SERVICE_WORKER = 'service-worker';
const FILE = `${SERVICE_WORKER}.js`;

export const offline = (): Plugin => ({
  name: 'resmirror offline',
  apply: 'build',
  generateBundle: {
    order: 'post', // when the files of all others are there
    handler(_, bundle) {
      const worker = bundle[FILE];
      if (worker?.type !== 'chunk') throw new Error(`expected the build to have ${FILE}`);
      if (worker.imports.length > 0)
        throw new Error(`expected ${FILE} to import nothing, as workers of that kind need, got ${worker.imports}`);
      const versionOf = (names: readonly string[]): string => {
        const hash = createHash('sha256');
        for (const name of [...names].sort()) {
          const file = bundle[name]!;
          hash.update(`${name}\0`).update(file.type === 'chunk' ? file.code : file.source);
        }
        return hash.digest('base64url').slice(0, 12);
      };
      const engine = enginePaths.filter((name) => bundle[name]);
      const page = Object.keys(bundle).filter((name) => name !== FILE && !engine.includes(name));
      const build: Build = {
        version: versionOf([...page, FILE]),
        files: page.filter((name) => name !== 'index.html'),
        engineVersion: versionOf(engine),
        engine,
      };
      worker.code = `const BUILD=${JSON.stringify(build)};\n${worker.code}`;
    },
  },
});
