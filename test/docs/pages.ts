/** The Markdown of the project, taken apart as far as its checks need. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where nothing is written here, or by hand. */
const OTHERS = new Set(['node_modules', 'build', 'runs', '.git']);

/** Paths of all pages, from the root of the project. */
export function pages(folder = '.'): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return OTHERS.has(entry.name) ? [] : pages(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** A page without what stands in fences, whose lines stay. */
export const textOf = (path: string): string =>
  readFileSync(path, 'utf8').replace(/^( *)(`{3,})[^\n]*\n[\s\S]*?^\1\2 *$/gm, (block) => block.replace(/[^\n]/g, ''));

const LINK = /!?\[(?:[^\]\\]|\\.|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|(?:src|href)="([^"]+)"/g;

export interface Link {
  readonly target: string;
  /** From 1. */
  readonly line: number;
}

export const linksOf = (text: string): readonly Link[] =>
  [...text.replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length)).matchAll(LINK)].map(
    ({ index, 1: plain, 2: html }) => ({
      target: (plain ?? html)!,
      line: text.slice(0, index).split('\n').length,
    }),
  );

/** Names of a page's headings, as GitHub makes them, and ids that it gives itself. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const headings = [...text.matchAll(/^#{1,6} +(.*?) *#*$/gm)].map(([, heading]) => {
    const words = heading!.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const name = words.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-');
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}-${count}`;
  });
  return new Set([...headings, ...[...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!)]);
}
