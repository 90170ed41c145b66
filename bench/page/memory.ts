/** What a page and its workers hold in memory, after collections. */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';

export interface Memory {
  /** JavaScript of the page, in MB, by the debugger. */
  readonly page: number;
  /** JavaScript of its workers, in MB, by the browser's own account. */
  readonly workers: number;
  /** The process of the page and its workers, memory of WebAssembly included, in MB. */
  readonly process: number;
}

/** The browser counts when it collects; this lets it do so at once. */
export const COUNTS_AT_ONCE = '--enable-blink-features=ForceEagerMeasureMemory';

interface Account {
  readonly breakdown: readonly {
    readonly bytes: number;
    readonly attribution: readonly { readonly scope: string }[];
  }[];
}

const MB = 1e6;

export async function memoryOf(browser: Browser, page: Page): Promise<Memory> {
  const session = await page.context().newCDPSession(page);
  // twice: what the first leaves to finalisers, the second takes
  for (let i = 0; i < 2; i++) await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  const { breakdown } = await page.evaluate<Account>('performance.measureUserAgentSpecificMemory()');
  const workers = breakdown.filter(({ attribution }) => attribution.some(({ scope }) => scope.includes('Worker')));
  return {
    page: usedSize / MB,
    workers: workers.reduce((sum, { bytes }) => sum + bytes, 0) / MB,
    process: await largestRenderer(browser),
  };
}

/** There is one page only, so it is the largest. */
async function largestRenderer(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => residentSize(id));
  return Math.max(...(await Promise.all(sizes)));
}

/** As Linux tells; nothing is known elsewhere. */
async function residentSize(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024) / MB;
}
