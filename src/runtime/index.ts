/**
 * Running graphs on Node. A runtime owns one worker thread with the native engine and the variables that its programs share:
 *
 * ```ts
 * const runtime = openRuntime();
 * await runtime.write({ w: float32(new Float32Array([2]), [1]) });
 * const program = await runtime.compile({ name: 'double', outputs: { y: mul(x, w) } });
 * const { y } = await program.run({ x: float32(new Float32Array([3]), [1]) });
 * ```
 *
 * In a page, `browser/index.ts` opens the same.
 */
import { deviceOutOf } from './devices.js';
import { node, nodeInline } from './node/host.js';
import { openRuntimeOn } from './open.js';
import type { Device, Runtime, RuntimeOptions } from './runtime.js';

export type { Target } from '../lower/index.js';
export type { Precision } from './half.js';
export { nodeDevices as devices, nodeThreads as defaultThreads } from './node/host.js';
export type { CompileOptions, ComputeOptions, Device, Program, Runtime, RuntimeOptions, Traffic } from './runtime.js';
export { float32, type Tensor, type TensorOf, type Tensors } from './tensor.js';

/** What can be said of a runtime on Node besides. */
export interface NodeRuntimeOptions extends RuntimeOptions {
  /**
   * Whether the engine has a thread of its own, so that the event loop goes on while a network computes. Without one an answer comes half a
   * millisecond sooner, and the calling thread stands still meanwhile: for scripts, and for programs that have threads of their own. Default true.
   */
  readonly ownThread?: boolean | undefined;
}

/** Opens a runtime, by default with a worker thread; `close` it to let the program end. Every core and the CPU by default. */
export const openRuntime = ({ ownThread = true, ...options }: NodeRuntimeOptions = {}): Runtime =>
  openRuntimeOn(ownThread ? node : nodeInline, options);

/** @throws UserError that names the devices there are */
export const deviceNamed = (name: string): Device => deviceOutOf(node.devices, name);
