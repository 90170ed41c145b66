/** `resmirror doctor`: what is installed, and what works. */

import { columns } from './columns.js';
import { command } from './command.js';
import { type Check, checks } from './health.js';

const marks = { ok: ['green', '✓'], absent: ['dim', '–'], warn: ['yellow', '!'], fail: ['red', '✗'] } as const;

export const doctor = command({
  arguments: {},
  options: {},
  examples: [
    ['doctor', 'a line for each thing, with what to do where something is wrong'],
    ['doctor --json', 'for a bug report'],
  ],
  async run({ terminal }) {
    const { paint } = terminal;
    const results: Check[] = [];
    for (const [name, check] of Object.entries(checks)) {
      const result = await check().catch(
        (error: Error): Omit<Check, 'name'> => ({ state: 'fail', text: error.message }),
      );
      results.push({ name, ...result });
      const [colour, mark] = marks[result.state];
      const [label] = columns([[name, '']], '<<');
      terminal.print(`${paint(colour, mark)} ${label!.padEnd(11)}  ${result.text}`);
      if (result.todo) terminal.print(`${' '.repeat(15)}${paint(colour, result.todo)}`);
    }
    const failed = results.filter(({ state }) => state === 'fail');
    terminal.print(
      failed.length === 0 ? '\nEverything that is needed works.' : `\n${failed.length} of these must be mended.`,
    );
    return { json: { ok: failed.length === 0, checks: results }, exitCode: failed.length === 0 ? 0 : 1 };
  },
});
