/** Graphs as ONNX writes them. Files are read by `read.ts`, which is large, and needed where there are files only. */
export type { ExternalData } from './external.js';
export type { OnnxModel } from './read.js';
export { OPSET } from './schema.js';
export { type WriteOptions, writeOnnx } from './write.js';
