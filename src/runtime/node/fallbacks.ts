/** Operators that a device leaves to the CPU, which costs copies both ways: read off the engine's own profile. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Device, Runtime, RuntimeOptions } from '../runtime.js';

/** One line of a profile. */
interface Event {
  readonly cat?: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

const CPU = 'CPUExecutionProvider';

/**
 * Times that each operator ran on the CPU instead of the device, by its name.
 * @param open opens the runtime with a profile
 * @param use compiles, runs and releases programs; what it does not release is not seen
 */
export async function fallbacksOf(
  open: (options: RuntimeOptions) => Runtime,
  device: Exclude<Device, 'cpu'>,
  use: (runtime: Runtime) => Promise<unknown>,
): Promise<{ readonly ran: number; readonly fallbacks: Readonly<Record<string, number>> }> {
  const folder = await mkdtemp(join(tmpdir(), 'resmirror-profile-'));
  const runtime = open({ device, profile: join(folder, 'profile') });
  try {
    await use(runtime);
    await runtime.close();
    const fallbacks: Record<string, number> = {};
    let ran = 0;
    for (const name of await readdir(folder))
      for (const { cat, args } of JSON.parse(await readFile(join(folder, name), 'utf8')) as Event[]) {
        if (cat !== 'Node' || !args?.provider || !args.op_name) continue;
        ran++;
        if (args.provider === CPU) fallbacks[args.op_name] = (fallbacks[args.op_name] ?? 0) + 1;
      }
    return { ran, fallbacks };
  } finally {
    await runtime.close();
    await rm(folder, { recursive: true, force: true });
  }
}
