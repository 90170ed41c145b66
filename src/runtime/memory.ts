/** Memory that does not suffice, in words. */
import { UserError } from '../errors.js';
import type { Graph } from '../graph/index.js';
import type { Device } from './devices.js';

const SMALLER = 'take a smaller batch, smaller images or a smaller network';

/** @throws UserError for graphs that take more than the limit, in bytes */
export function refuseLarge({ name }: Graph, bytes: number, limit: number): void {
  if (bytes <= limit) return;
  const [needed, given] = [bytes, limit].map((count) => `${(count / 1e6).toFixed(1)} MB`);
  throw new UserError(
    `${name}: a run takes about ${needed} besides the variables, and the limit is ${given}; ${SMALLER}, or raise the limit`,
  );
}

/** As engines and drivers say it. */
const EXHAUSTED =
  /out of memory|bad_alloc|bad allocation|failed to allocate memory|exceeds the max(imum)? buffer size|device (is|was) lost|memory access out of bounds|allocation failed/i;

/** The engine's error, or what it means where memory ran out. */
export const inWords = (error: Error, name: string, device: Device): Error =>
  EXHAUSTED.test(error.message)
    ? new UserError(
        `${name}: the memory of ${device} does not suffice; ${SMALLER} (the engine said: ${error.message.trim()})`,
      )
    : error;
