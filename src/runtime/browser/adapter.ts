/** The graphics processor that a browser offers to pages and their workers. */

interface Adapter {
  readonly info?: { readonly isFallbackAdapter?: boolean };
  /** Where older browsers have it. */
  readonly isFallbackAdapter?: boolean;
}
interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

/** Why there is no WebGPU here; nothing where there is an adapter, which may fail all the same. */
export async function lackOfWebgpu(): Promise<string | undefined> {
  if (!isSecureContext) return 'browsers have it on pages from HTTPS or localhost only';
  if (!gpu()) return 'this browser has none';
  return (await adapter()) ? undefined : 'the browser offers no graphics processor';
}

/** Whether software stands in for a graphics processor: it is slower than WebAssembly. */
export async function isSoftware(): Promise<boolean> {
  const found = await adapter();
  return (found?.info?.isFallbackAdapter ?? found?.isFallbackAdapter) === true;
}

const gpu = () => (navigator as { readonly gpu?: Gpu }).gpu;
const adapter = async () =>
  gpu()
    ?.requestAdapter()
    .catch(() => null);
