/**
 * How soon the page is seen, as the browser itself records it, from the click to the pixels:
 *
 *   node build/bench/page-paint.js --loads 15
 *
 * First visits have empty caches; those that return have the service worker's.
 */
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { type Opened, withPage } from './page/opened.js';
import { print } from './settings.js';

const { values } = parseArgs({ options: { loads: { type: 'string', default: '15' } } });
const loads = Number(values.loads);
const PARTS = ['explore', 'inside', 'train', 'runs'];

interface Paints {
  /** The first text or picture, in milliseconds. */
  readonly first: number;
  /** The largest, which is the part itself. */
  readonly largest: number;
}

/** Once nothing has been painted for a while. */
const paintsOf = (page: Page): Promise<Paints> =>
  page.evaluate<Paints>(`new Promise((resolve) => {
    const seen = {};
    const settled = () => 'first' in seen && 'largest' in seen && resolve(seen);
    let timer;
    const watch = (type, take) => new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) take(entry);
      clearTimeout(timer);
      timer = setTimeout(settled, 1000);
    }).observe({ type, buffered: true });
    watch('paint', ({ name, startTime }) => { if (name === 'first-contentful-paint') seen.first = startTime; });
    watch('largest-contentful-paint', ({ startTime }) => { seen.largest = startTime; });
  })`);

async function visits({ url, visitor }: Opened, part: string) {
  const [first, again]: [Paints[], Paints[]] = [[], []];
  for (let i = 0; i < loads; i++) {
    const context = await visitor();
    const page = await context.newPage();
    await page.goto(`${url}#/${part}`);
    first.push(await paintsOf(page));
    await page.getByText('This page is kept here').waitFor();
    await page.reload();
    again.push(await paintsOf(page));
    await context.close();
  }
  return { first, again };
}

const median = (all: readonly Paints[], which: keyof Paints): string => {
  const sorted = all.map((one) => one[which]).sort((a, b) => a - b);
  return `${Math.round(sorted[sorted.length >> 1]!)} (${Math.round(sorted.at(-1)!)})`;
};

await withPage(async (opened) => {
  print(
    ['ms, median of %d loads (slowest)'.replace('%d', `${loads}`), 'first paint', 'all of it', 'again: first', 'all'],
    '---',
  );
  for (const part of PARTS) {
    const { first, again } = await visits(opened, part);
    print([part, median(first, 'first'), median(first, 'largest'), median(again, 'first'), median(again, 'largest')]);
  }
});
