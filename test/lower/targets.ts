/** Every way to lower that this machine can run: the portable one, and blocks where its engine has them. */
import { openRuntime, type Target } from '../../src/runtime/index.js';

const runtime = openRuntime({ threads: 1 });
const fastest = await runtime.target();
await runtime.close();

export const everyTarget: readonly Target[] = fastest === 'portable' ? ['portable'] : ['portable', fastest];
/** The block of the engine's own; on machines without, that of most others, so that lowering can be looked at. */
export const blockedTarget: Target = fastest === 'portable' ? 'blocked8' : fastest;
