/** Ctrl-C: the first asks for a good end, the second is the end. */
import type { Terminal } from './terminal.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** As shells count a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** Runs a job with a signal that Ctrl-C (or `kill`) raises; a second one ends the program at once. */
export async function interruptible<T>(
  terminal: Terminal,
  job: (signal: AbortSignal) => Promise<T>,
  ending = 'Stopping after this step and saving',
): Promise<T> {
  const controller = new AbortController();
  const handle = (name: NodeJS.Signals) => {
    // without a handler the system ends the program; checkpoints are written whole or not at all
    if (controller.signal.aborted) {
      for (const signal of SIGNALS) process.off(signal, handle);
      process.kill(process.pid, name);
      return;
    }
    controller.abort();
    terminal.news(`\n${ending}; once more to quit at once.`);
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  try {
    return await job(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, handle);
  }
}
