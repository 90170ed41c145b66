/** Choosing a device by trying: on Node and in pages alike, only the way to a trial differs. */
import type { Device } from './devices.js';
import type { Speed } from './trial.js';

export interface Choice<D extends Device = Device> {
  readonly device: D;
  /** What the trials came to, in their order: a speed, in GFLOP/s, or why a device does not work here. */
  readonly trials: readonly (
    | { readonly device: D; readonly gflops: number }
    | { readonly device: D; readonly failure: string }
  )[];
}

/** A device must be that much faster than the CPU in products of matrices: less is noise, and software adapters are slower. */
const ADVANTAGE = 1.5;
/** Of the largest element that the CPU answers: drivers round products as they like, and wrong ones are far off. */
const TOLERANCE = 1e-3;

/**
 * The fastest device that answers as the CPU does, and the CPU itself where none is much faster: so never an adapter in software.
 *
 * @param devices those to try besides the CPU
 * @param tried rejects, with the reason, where the device does not work
 */
export async function fastestOf<D extends Device>(
  devices: readonly D[],
  tried: (device: D | 'cpu') => Promise<Speed>,
): Promise<Choice<D | 'cpu'>> {
  const cpu = await tried('cpu');
  const trials: Choice<D | 'cpu'>['trials'][number][] = [{ device: 'cpu', gflops: cpu.gflops }];
  let best = { device: 'cpu' as D | 'cpu', gflops: cpu.gflops * ADVANTAGE };
  for (const device of devices)
    try {
      const { gflops, answer } = await tried(device);
      if (!agree(answer, cpu.answer)) throw new Error('it computes other numbers than the CPU');
      trials.push({ device, gflops });
      if (gflops > best.gflops) best = { device, gflops };
    } catch (error) {
      trials.push({ device, failure: (error as Error).message });
    }
  return { device: best.device, trials };
}

function agree(came: readonly number[], expected: readonly number[]): boolean {
  const bound = TOLERANCE * Math.max(...expected.map(Math.abs));
  return came.length === expected.length && expected.every((value, i) => Math.abs(came[i]! - value) <= bound);
}

/** A choice in words: what was chosen, and why nothing else. */
export function statement({ device, trials }: Choice): string {
  const clauses = trials.map((found) =>
    'gflops' in found
      ? `${found.device}: ${found.gflops.toFixed(0)} GFLOP/s`
      : `${found.device} does not work here: ${found.failure}`,
  );
  return `computing on ${device} (${clauses.join('; ')})`;
}
