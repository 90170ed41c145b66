/** The same questions in a page: answers what does not agree, as text. */
import type { Tensors } from '../../src/runtime/tensor.js';
import { disagreements } from './judge.js';
import { type Subject, subjects } from './questions.js';

interface BrowserRuntime {
  openRuntime(options: object): import('../../src/runtime/runtime.js').Runtime;
}

/** @param expected by the name of the question: tensors with arrays for data */
export async function askInPage(
  { openRuntime }: BrowserRuntime,
  options: object,
  asked: { readonly subject: Subject; readonly expected: Readonly<Record<string, Tensors>> },
) {
  const runtime = openRuntime(options);
  const chosen = subjects[asked.subject].filter(({ name }) => name in asked.expected);
  const found = await disagreements(runtime, chosen, new Map(Object.entries(asked.expected)));
  await runtime.close();
  return { asked: chosen.length, found, threads: runtime.threads, device: runtime.device };
}
