/** A page to try the models at /try: static, so it is open; what it asks goes through the addresses that all clients use. */
import { readFile } from 'node:fs/promises';
import type { Operation } from '../operation.js';
import { DOCUMENT } from './document.js';
import { TRY_STYLE } from './style.js';

/** Its own files and this server's answers, and nothing from or to anywhere else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const script = (name: string) => () => readFile(new URL(`./page/${name}`, import.meta.url), 'utf8');

/** Address -> media type and text. */
const files: Readonly<Record<string, readonly [type: string, text: () => Promise<string> | string]>> = {
  '/try': ['text/html; charset=utf-8', () => DOCUMENT],
  '/try/style.css': ['text/css', () => TRY_STYLE],
  ...Object.fromEntries(
    ['main.js', 'answers.js', 'fields.js', 'elements.js'].map((name) => [
      `/try/${name}`,
      ['text/javascript', script(name)],
    ]),
  ),
};

export const tryOperations = (): Operation[] =>
  Object.entries(files).map(([path, [type, text]]) => ({
    method: 'GET',
    path,
    summary: path === '/try' ? 'A page to try the models' : 'A part of that page',
    answer: { [type.split(';')[0]!]: 'the file' },
    open: true,
    run: async () =>
      new Response(await text(), {
        headers: {
          'Content-Type': type,
          'Content-Security-Policy': POLICY,
          'Referrer-Policy': 'no-referrer',
          'Cache-Control': 'no-cache',
        },
      }),
  }));
