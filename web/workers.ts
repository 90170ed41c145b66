/**
 * Workers as chunks of the page's own build, so that they share the library with the page and with each other. Vite's way is a build for
 * each, with a copy of all that it imports; it is left to Vite while one works on the page.
 */
import type { Plugin } from 'vite';

/** The form that bundlers know. */
const STARTED = /new Worker\(\s*new URL\(\s*'([^']+)',\s*import\.meta\.url\s*\)/g;

export const workers = (): Plugin => ({
  name: 'resmirror workers',
  apply: 'build',
  enforce: 'pre',
  async transform(code, id) {
    let made = code;
    for (const [form, path] of code.matchAll(STARTED)) {
      const file = await this.resolve(path!, id);
      if (!file) throw new Error(`${id}: expected a worker at ${path}, got nothing`);
      const reference = this.emitFile({ type: 'chunk', id: file.id });
      made = made.replace(form, `new Worker(import.meta.ROLLUP_FILE_URL_${reference}`);
    }
    return made === code ? undefined : { code: made, map: null };
  },
});
