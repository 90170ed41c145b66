/** Where networks can be computed in this browser: for the page and for its workers. */
import type { devices } from '../../src/runtime/browser/index.js';
import { ENGINE, GPU_ENGINE } from '../../src/web-folder/engine-names.js';

export type PageDevice = keyof typeof devices;

export const deviceNames: { readonly [D in PageDevice]: string } = { cpu: 'WebAssembly', webgpu: 'WebGPU' };

/** A build of the engine, by its addresses. */
export interface EngineAddresses {
  readonly module: string;
  readonly code: string;
}
export type Engines = { readonly [D in PageDevice]: EngineAddresses };

/** Beside the page: one build for each device. Asked on the page itself, since its workers lie elsewhere. */
export function engines(): Engines {
  const beside = ({ module, code }: EngineAddresses) => ({
    module: new URL(module, document.baseURI).href,
    code: new URL(code, document.baseURI).href,
  });
  return { cpu: beside(ENGINE), webgpu: beside(GPU_ENGINE) };
}

interface Adapter {
  readonly info?: { readonly isFallbackAdapter?: boolean };
  /** Where older browsers have it. */
  readonly isFallbackAdapter?: boolean;
}
interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

/** Whether the graphics processor can be asked, and whether there is one behind it: software is slower than WebAssembly. */
export async function webgpuHere(): Promise<'absent' | 'software' | 'there'> {
  const { gpu } = navigator as { readonly gpu?: Gpu };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) return 'absent';
  return (adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter) ? 'software' : 'there';
}
