/**
 * Ending a thread while native code runs in it aborts the whole process, as the engine then throws into a dying environment.
 * So whoever ends it bars new calls and waits for those under way; in shared memory, since a process that exits has no more
 * event loop to wait in.
 */
export type Gate = Int32Array<SharedArrayBuffer>;

const UNDER_WAY = 0;
const BARRED = 1;
/** A thread that takes longer than this for one call is taken for dead. */
const PATIENCE_MS = 60_000;

export const openGate = (): Gate => new Int32Array(new SharedArrayBuffer(8));

/** Counts a call in; false where the gate is barred. */
export function enter(gate: Gate): boolean {
  Atomics.add(gate, UNDER_WAY, 1);
  if (Atomics.load(gate, BARRED) === 0) return true;
  leave(gate);
  return false;
}

export function leave(gate: Gate): void {
  Atomics.sub(gate, UNDER_WAY, 1);
  Atomics.notify(gate, UNDER_WAY);
}

export const bar = (gate: Gate): void => void Atomics.store(gate, BARRED, 1);

/** Blocks until no call is under way. */
export function waitUntilIdle(gate: Gate): void {
  for (let calls = Atomics.load(gate, UNDER_WAY); calls > 0; calls = Atomics.load(gate, UNDER_WAY))
    if (Atomics.wait(gate, UNDER_WAY, calls, PATIENCE_MS) === 'timed-out') return;
}
