/** The page as people have it: `resmirror serve` in a process of its own, and an installed Chromium. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export interface Opened {
  readonly url: string;
  readonly browser: Browser;
  /** A person who was never here, and reads English. */
  readonly visitor: () => Promise<BrowserContext>;
}

/** Ends both when the work is done, or has failed. */
export async function withPage(work: (opened: Opened) => Promise<void>, flags: readonly string[] = []): Promise<void> {
  const folder = mkdtempSync(`${tmpdir()}/resmirror-bench-`);
  const server = spawn(process.execPath, ['bin/resmirror.js', 'serve', '--port', '0', '--runs', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const url = await addressOf(server);
    const browser = await chromium.launch({
      executablePath: PROGRAM,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', ...flags],
    });
    try {
      await work({ url, browser, visitor: () => browser.newContext({ locale: 'en' }) });
    } finally {
      await browser.close();
    }
  } finally {
    const over = server.exitCode === null ? once(server, 'exit') : undefined;
    server.kill();
    await over;
    rmSync(folder, { recursive: true });
  }
}

async function addressOf(server: ChildProcess): Promise<string> {
  let [text, log] = ['', ''];
  server.stderr!.on('data', (chunk) => {
    log = `${log}${chunk}`.slice(-2000);
  });
  for await (const chunk of server.stdout!) {
    text += chunk;
    const [url] = /http:\/\/[\d.:]+\//.exec(text) ?? [];
    if (url) return url;
  }
  throw new Error(`resmirror serve did not begin: ${text}${log}`);
}
