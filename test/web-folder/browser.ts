/** Real pages in a real browser, which no page may lead elsewhere. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Options for tests that need the browser. */
export const needsBrowser: { skip?: string; timeout?: number } = existsSync(PROGRAM)
  ? { timeout: 600_000 }
  : { skip: `${PROGRAM} is not there; install chromium, or name one in CHROMIUM` };

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
  ...['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'], // by software, where a page asks for it
  ...['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'], // a camera that is allowed
];

let browser: Promise<Browser> | undefined;

/** By the addresses of what they serve. */
const servers = new Map<string, Server>();

/** For the end of each suite: hooks of a file wait for an idle process, which a browser or a server keeps from being idle. */
export async function closeAll(): Promise<void> {
  const open = browser;
  browser = undefined;
  await (await open)?.close();
  for (const address of servers.keys()) stopServing(address);
}

/** What `served` began. */
export function stopServing(address: string): void {
  const server = servers.get(address)!;
  servers.delete(address);
  server.close();
  server.closeAllConnections();
}

const opened = (): Promise<Browser> => {
  browser ??= chromium.launch({ executablePath: PROGRAM, args: FLAGS });
  return browser;
};

/** As servers know them that know little: modules have to be named .js. */
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css',
  js: 'text/javascript',
  json: 'application/json',
  wasm: 'application/wasm',
};
const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** Serves a folder under /deep/down/ until `closeAll`; resolves to its address. */
export async function served(folder: string, { isolated = false } = {}): Promise<string> {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname);
    const name = path.startsWith('/deep/down/') ? path.slice('/deep/down/'.length) || 'index.html' : '..';
    const file = normalize(name).startsWith('..')
      ? undefined
      : await readFile(join(folder, name)).catch(() => undefined);
    const type = TYPES[name.split('.').at(-1)!] ?? 'application/octet-stream';
    response.writeHead(file ? 200 : 404, { 'Content-Type': type, ...(isolated && ISOLATION) }).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/deep/down/`;
  servers.set(address, server);
  return address;
}

export interface Visit {
  readonly page: Page;
  /** Addresses that were asked for. */
  readonly requests: readonly string[];
  /** Errors that the browser tells of, and exceptions. */
  readonly complaints: readonly string[];
}

interface Visiting {
  /** Runs in the page ahead of its own script. */
  readonly before?: string;
  /** Whether service workers may be: a request that one answers is no request any more that a test can answer. */
  readonly serviceWorkers?: 'allow' | 'block';
}

export async function visit(address: string, { before, serviceWorkers = 'block' }: Visiting = {}): Promise<Visit> {
  const context = await (await opened()).newContext({ acceptDownloads: true, serviceWorkers });
  context.setDefaultTimeout(120_000); // of a machine that is busy otherwise
  const page = await context.newPage();
  const [requests, complaints]: [string[], string[]] = [[], []];
  context.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  if (before) await page.addInitScript(before);
  await page.goto(address);
  return { page, requests, complaints };
}

/** Pixels of a canvas, [h, w, 3]. */
export async function pixelsOn(page: Page, selector: string): Promise<readonly number[]> {
  const rgba = await page.evaluate<number[]>(`(() => {
    const canvas = document.querySelector(${JSON.stringify(selector)});
    return [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data];
  })()`);
  return rgba.filter((_, i) => i % 4 !== 3);
}
