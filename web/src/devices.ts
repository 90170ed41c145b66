/** Where networks can be computed in this browser. */
import {
  defaultThreads,
  type devices,
  type EngineFiles,
  openRuntime,
  type Runtime,
} from '../../../src/runtime/browser/index.js';
import { ENGINE, GPU_ENGINE } from '../../../src/web-folder/engine-names.js';

export type PageDevice = keyof typeof devices;

/** Beside the page: one build of the engine for each device. */
const ENGINES: { readonly [D in PageDevice]: { readonly module: string; readonly code: string } } = {
  cpu: ENGINE,
  webgpu: GPU_ENGINE,
};

const beside = ({ module, code }: (typeof ENGINES)[PageDevice]): EngineFiles => ({
  module: new URL(module, document.baseURI).href,
  code: new URL(code, document.baseURI).href,
});

export const runtimeOn = (device: PageDevice): Runtime => openRuntime({ device, engine: beside(ENGINES[device]) });

/** Why there is one thread, or how many there are. */
export const threadsHere = (): { readonly threads: number; readonly isolated: boolean } => ({
  threads: defaultThreads(),
  isolated: crossOriginIsolated,
});

interface Gpu {
  requestAdapter(): Promise<unknown>;
}

/** Whether the graphics processor can be asked at all. */
export async function hasWebgpu(): Promise<boolean> {
  const { gpu } = navigator as { readonly gpu?: Gpu };
  return Boolean(await gpu?.requestAdapter().catch(() => undefined));
}
