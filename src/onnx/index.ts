export { type OnnxModel, type ReadOptions, readOnnx } from './read.js';
export { OPSET } from './schema.js';
export { type WriteOptions, writeOnnx } from './write.js';
