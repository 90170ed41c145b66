/** Memory that does not suffice, in words. */
import { UserError } from '../errors.js';
import { bytesOf, type Graph, inputsOf, parametersOf, peakBytes, type Shape, type Value } from '../graph/index.js';
import type { Device } from './devices.js';

const SMALLER = 'take a smaller batch, smaller images or a smaller network';

interface Limit {
  readonly bytes: number;
  /** Outputs of the graph that become variables: their new values lie beside the old ones. */
  readonly updates?: ReadonlySet<string>;
  /** Bytes of a float; 4 by default. */
  readonly float?: number;
}

/**
 * Refuses a graph, as it is lowered, that would take more than the limit. Graphs of free sizes pass, since what they take is not known.
 * @throws UserError with what is needed, and what to do
 */
export function refuseLarge(graph: Graph, { bytes: limit, updates = new Set(), float = 4 }: Limit): void {
  const inputs = inputsOf(graph);
  if (!inputs.every(({ shape }) => isKnown(shape))) return;
  const share = float / 4;
  const total = (values: readonly Value[]) => values.reduce((sum, value) => sum + bytesOf(value), 0);
  const written = Object.entries(graph.outputs).flatMap(([name, value]) => (updates.has(name) ? [value] : []));
  const values = (peakBytes(graph, updates) + total(inputs)) * share;
  const kept = (total(parametersOf(graph)) + total(written)) * share;
  if (values + kept <= limit) return;
  const [all, computed, weights, given] = [values + kept, values, kept, limit].map(megabytes);
  throw new UserError(
    `${graph.name}: a run is expected to take ${all} (${computed} for what is computed, ${weights} for weights and variables), and the limit is ${given}; ${SMALLER}, or raise the limit`,
  );
}

export const isKnown = (shape: Shape): boolean => shape.every((d) => typeof d === 'number');

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

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
