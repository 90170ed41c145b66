/** Whether a device answers as the CPU does. */
import type { Runtime } from '../../src/runtime/runtime.js';
import type { Tensors } from '../../src/runtime/tensor.js';
import type { Question } from './questions.js';

/** What differs most, in words; undefined where all agrees. */
export function difference(came: Tensors, expected: Tensors, tolerance: number): string | undefined {
  for (const [name, tensor] of Object.entries(expected)) {
    const found = came[name];
    if (!found || `${found.shape}` !== `${tensor.shape}`)
      return `${name}: expected the shape [${tensor.shape}], got ${found ? `[${found.shape}]` : 'nothing'}`;
    const values = Array.from(tensor.data as Float32Array, Number);
    const bound = tolerance * values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const i = values.findIndex((value, at) => !(Math.abs(Number(found.data[at]) - value) <= bound));
    if (i >= 0) return `${name}[${i}]: expected ${values[i]} within ${bound}, got ${found.data[i]}`;
  }
  return undefined;
}

/** Where a device fails or differs, a line each. */
export async function disagreements(
  runtime: Runtime,
  questions: readonly Question[],
  expected: ReadonlyMap<string, Tensors>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const question of questions) {
    const text = await question.answer(runtime).then(
      (came) => difference(came, expected.get(question.name)!, question.tolerance),
      (error: Error) => `failed: ${error.message}`,
    );
    if (text) found.push(`${question.name}: ${text}`);
  }
  return found;
}

/** The CPU's answers by the portable formulations. */
export async function answers(runtime: Runtime, questions: readonly Question[]): Promise<ReadonlyMap<string, Tensors>> {
  const found = new Map<string, Tensors>();
  for (const question of questions) found.set(question.name, await question.answer(runtime));
  return found;
}
