/**
 * Keeps the page where it was opened once, so that it comes without a connection too: its own files from the beginning, the engine's
 * when they are first used. Answers for these files and for nothing else beside the page.
 *
 * It also isolates the page, with the headers that threads of WebAssembly need, where the server does not.
 */
import type { Build, Keep, Kept } from './messages.js';

declare const self: ServiceWorkerGlobalScope;
/** The build writes it ahead of this script, which is therefore another with every build. */
declare const BUILD: Build;

/** A page that lies elsewhere on the same server keeps caches of its own. */
const OWN = `resmirror ${new URL(self.registration.scope).pathname} `;
const PAGE = `${OWN}page ${BUILD.version}`;
/** 14 MB and more, which seldom change with the page. */
const ENGINE = `${OWN}engine ${BUILD.engineVersion}`;

/** The page may be asked for by either. */
const DOCUMENTS = ['', 'index.html'];
/** What the page's document has in it. */
const MARK = 'name="application-name" content="resmirror"';
/** Milliseconds that the server has to send the document; a connection may be there and carry nothing. */
const PATIENCE = 5000;

const addressOf = (path: string): string => new URL(path, self.registration.scope).href;

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));

async function install(): Promise<void> {
  const cache = await caches.open(PAGE);
  await cache.put(addressOf(''), await fetchedDocument());
  await cache.addAll(BUILD.files.map((path) => new Request(addressOf(path), { cache: 'no-cache' })));
  // pages of the build before may still ask for its files, but the only one there is asked for this
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (pages.length < 2) await self.skipWaiting();
}

/** Some servers know the document by its name only. */
async function fetchedDocument(): Promise<Response> {
  for (const path of DOCUMENTS) {
    const answer = await fetch(addressOf(path), { cache: 'no-cache' });
    if (answer.ok) return answer;
  }
  throw new Error('expected the page beside its service worker');
}

async function activate(): Promise<void> {
  await forget((name) => name !== PAGE && name !== ENGINE);
  await self.clients.claim(); // so that the engine is kept from the first visit on
}

async function forget(which: (name: string) => boolean): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(OWN) && which(name));
  await Promise.all(names.map((name) => caches.delete(name)));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const path = `${origin}${pathname}`.slice(self.registration.scope.length);
  if (request.method !== 'GET') return;
  if (DOCUMENTS.includes(path)) event.respondWith(newestDocument(request));
  else if (BUILD.files.includes(path)) event.respondWith(fromCache(PAGE, path));
  else if (BUILD.engine.includes(path)) event.respondWith(fromCache(ENGINE, path));
});

/** The server's, so that a new build is seen at once; the one that is kept where none comes. */
async function newestDocument(request: Request): Promise<Response> {
  const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => undefined);
  if (!answer || answer.status >= 500) {
    const kept = await caches.match(addressOf(''), { cacheName: PAGE });
    return kept ? isolated(kept) : (answer ?? Response.error());
  }
  if (!answer.ok || (await answer.clone().text()).includes(MARK)) return isolated(answer);
  // another program answers at this address now, whose pages are no business of this worker
  await self.registration.unregister();
  await forget(() => true);
  return answer;
}

async function fromCache(cacheName: string, path: string): Promise<Response> {
  const kept = await caches.match(addressOf(path), { cacheName });
  return isolated(kept ?? (await fetchedInto(cacheName, path)));
}

/** Goes on without keeping it where there is no room. */
async function fetchedInto(cacheName: string, path: string): Promise<Response> {
  const answer = await fetch(addressOf(path), { cache: 'no-cache' });
  if (answer.ok)
    await caches
      .open(cacheName)
      .then((cache) => cache.put(addressOf(path), answer.clone()))
      .then(tellPages, () => {});
  return answer;
}

async function tellPages(): Promise<void> {
  for (const page of await self.clients.matchAll({ type: 'window' })) page.postMessage('kept' satisfies Kept);
}

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

/** The same answer, which lets the page have memory that threads share. */
function isolated(answer: Response): Response {
  if (answer.status === 0) return answer; // leads elsewhere, and cannot be looked into
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
}

/** Before it is used: the page wishes to have the engine at hand. */
self.addEventListener('message', (event: ExtendableMessageEvent) => {
  const { keep } = event.data as Keep;
  const [port] = event.ports;
  const done = caches
    .open(ENGINE)
    .then((cache) => cache.addAll(keep.filter((path) => BUILD.engine.includes(path)).map(addressOf)))
    .then(
      () => port?.postMessage({}),
      (error: Error) => port?.postMessage({ reason: error.message }),
    );
  event.waitUntil(done.then(tellPages));
});
