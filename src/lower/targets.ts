/** What graphs are lowered for. */

/**
 * `portable` uses ONNX's standard operators only and serves every device; `webgpu` goes around what that provider gets wrong. The others add the CPU engine's own operators on
 * channels in blocks, of as many as fill a vector register: 8 with AVX2, 16 with AVX-512.
 */
export const targets = {
  portable: { block: 0 },
  webgpu: { block: 0 },
  blocked8: { block: 8 },
  blocked16: { block: 16 },
} as const;
/** What a graph is lowered for. */
export type Target = keyof typeof targets;
