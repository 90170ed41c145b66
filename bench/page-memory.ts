/**
 * Whether a page that trains grows in memory:
 *
 *   node build/bench/page-memory.js --minutes 10
 *
 * Trains ResNet-18 on shapes that the page draws, again from the beginning where all epochs are over, and counts after the first epoch
 * and every minute; ends with 1 where JavaScript or the process has grown by more than a tenth in the end. The page's own part, of a few MB, grows by its curves, up to 1,500 points each.
 */
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { COUNTS_AT_ONCE, type Memory, memoryOf } from './page/memory.js';
import { withPage } from './page/opened.js';
import { print } from './settings.js';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, net: { type: 'string', default: 'ResNet-18' } },
});
const minutes = Number(values.minutes);
const MOST = 1.1;
const kinds = {
  page: 'JavaScript of the page',
  workers: 'JavaScript of its workers',
  process: 'the process, WebAssembly included',
} as const satisfies Record<keyof Memory, string>;

const status = (page: Page) => page.getByRole('status').innerText();
const begin = (page: Page) => page.getByRole('button', { name: 'Try drawn shapes' }).click();

/** So that there is always something to compute. */
async function goOn(page: Page): Promise<void> {
  if (!(await status(page)).startsWith('Trained for')) return;
  await page.getByRole('button', { name: 'Start anew' }).click();
  await begin(page);
}

await withPage(
  async ({ url, browser, visitor }) => {
    const page = await (await visitor()).newPage();
    await page.goto(`${url}#/train`);
    await page.getByText('Settings', { exact: true }).click();
    await page.getByRole('combobox', { name: 'Network' }).selectOption(values.net);
    await page.getByRole('combobox', { name: 'Epochs' }).selectOption('80');
    await begin(page);
    await page.getByRole('status').filter({ hasText: 'Epoch 2 of' }).waitFor({ timeout: 600_000 });
    const counts = [await memoryOf(browser, page)];
    print(['minute', ...Object.values(kinds).map((kind) => `${kind}, MB`), 'the page says'], '---');
    const tell = async (minute: number) =>
      print([`${minute}`, ...cells(counts.at(-1)!), (await status(page)).split(' · ')[0]!]);
    await tell(0);
    for (let minute = 1; minute <= minutes; minute++) {
      await setTimeout(60_000);
      counts.push(await memoryOf(browser, page));
      await tell(minute);
      await goOn(page);
    }
    const [first, last] = [counts[0]!, counts.at(-1)!];
    const grew = [({ page, workers }: Memory) => page + workers, (memory: Memory) => memory.process].some(
      (of) => of(last) > MOST * of(first),
    );
    console.log(grew ? '\nit grew by more than a tenth' : '\nnothing grew by more than a tenth');
    process.exitCode = grew ? 1 : 0;
  },
  [COUNTS_AT_ONCE],
);

function cells(memory: Memory): readonly string[] {
  return Object.keys(kinds).map((kind) => memory[kind as keyof Memory].toFixed(1));
}
