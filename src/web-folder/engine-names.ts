/** Where ONNX Runtime lies beside a page. Servers that know no .mjs send it as bytes, which no browser runs; .js is known to all. */
export const ENGINE = { module: 'engine/ort.wasm.min.js', code: 'engine/ort-wasm-simd-threaded.wasm' } as const;

/** Its other build, which has WebGPU besides. */
export const GPU_ENGINE = {
  module: 'engine/ort.webgpu.min.js',
  code: 'engine/ort-wasm-simd-threaded.asyncify.wasm',
} as const;

/** The build for each device of a page. */
export const ENGINES = { cpu: ENGINE, webgpu: GPU_ENGINE } as const;

/** A build, by its addresses. */
export interface EngineAddresses {
  readonly module: string;
  readonly code: string;
}

/** Addresses of a device's build, beside the page. */
export const engineBeside = (page: string, device: keyof typeof ENGINES): EngineAddresses => ({
  module: new URL(ENGINES[device].module, page).href,
  code: new URL(ENGINES[device].code, page).href,
});
