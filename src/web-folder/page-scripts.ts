/**
 * The page's script: modules as the compiler wrote them, and what they import. They are few and small, and a bundler would be a
 * dependency that every user installs.
 */
import { readFile } from 'node:fs/promises';

/** Where compiled modules lie. */
const root = new URL('../', import.meta.url);

/** The page's first module, and the worker's, which it names by its address. */
export const ENTRIES = ['web-folder/page/main.js', 'web-folder/page/worker.js'] as const;

/** The folder of scripts inside of the web folder. */
export const SCRIPTS = 'script/';

// the compiler writes one import on a line of its own, with a relative path
const IMPORT = /^(?:import|export) (?:.* from )?'(\.[^']+)';$/gm;

/** Path inside of the folder -> text, of the entries and of all that they import. */
export async function pageScripts(): Promise<Readonly<Record<string, string>>> {
  const found = new Map<string, string>();
  const add = async (path: string): Promise<void> => {
    if (found.has(path)) return;
    found.set(path, '');
    const text = await readFile(new URL(path, root), 'utf8');
    found.set(path, text);
    for (const [, target] of text.matchAll(IMPORT)) await add(within(path, target!));
  };
  for (const entry of ENTRIES) await add(entry);
  return Object.fromEntries([...found].map(([path, text]) => [`${SCRIPTS}${path}`, text]));
}

/** The path of an import, seen from the root. */
const within = (importer: string, target: string): string =>
  new URL(target, new URL(importer, root)).href.slice(root.href.length);
