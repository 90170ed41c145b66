/**
 * The page as static files, read from this package, and the engine's from its own: a request only chooses among their names, so no
 * address leads elsewhere.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineFile, enginePaths } from '../web-folder/engine-files.js';

const FOLDER = fileURLToPath(new URL('../../web', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

/** Isolation is what threads of WebAssembly need; scripts come from here alone, and talk to nobody else. */
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "connect-src 'self' blob: data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};

/** The build puts a hash of the contents into these names. */
const HASHED = /^\/assets\/.+-[\w-]{8}\.\w+$/;

interface File {
  readonly type: string;
  readonly read: () => Promise<Uint8Array>;
}

/** Address -> file. */
export type PageFiles = ReadonlyMap<string, File>;

const typeOf = (name: string): string => TYPES[extname(name)] ?? 'application/octet-stream';

/** What there is to serve; nothing where the page was not built. */
export async function pageFiles(folder = FOLDER): Promise<PageFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, File>();
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const file = { type: typeOf(path), read: () => readFile(path) };
    files.set(`/${relative(folder, path).split(sep).join('/')}`, file);
  }
  const index = files.get('/index.html');
  if (!index) return new Map();
  files.set('/', index);
  for (const path of enginePaths) files.set(`/${path}`, { type: typeOf(path), read: () => engineFile(path) });
  return files;
}

/** Answers requests for the page's files; others go on. Files need no key: they are the same for everybody. */
export const withPage =
  (files: PageFiles, next: (request: Request) => Promise<Response>) =>
  async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const file = request.method === 'GET' || request.method === 'HEAD' ? files.get(pathname) : undefined;
    return file ? answer(request, pathname, file) : next(request);
  };

async function answer({ method, headers }: Request, path: string, { type, read }: File): Promise<Response> {
  const bytes = await read();
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const caching = HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
  const given = { ...HEADERS, 'Content-Type': type, 'Cache-Control': caching, ETag: tag };
  if (headers.get('If-None-Match') === tag) return new Response(null, { status: 304, headers: given });
  return new Response(method === 'HEAD' ? null : new Uint8Array(bytes), { headers: given });
}
