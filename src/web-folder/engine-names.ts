/** Where ONNX Runtime lies beside a page. Servers that know no .mjs send it as bytes, which no browser runs; .js is known to all. */
export const ENGINE = { module: 'engine/ort.wasm.min.js', code: 'engine/ort-wasm-simd-threaded.wasm' } as const;

/** Its other build, which has WebGPU besides. */
export const GPU_ENGINE = {
  module: 'engine/ort.webgpu.min.js',
  code: 'engine/ort-wasm-simd-threaded.asyncify.wasm',
} as const;
