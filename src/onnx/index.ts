export { type OnnxModel, readOnnx } from './read.js';
export { OPSET } from './schema.js';
export { type WriteOptions, writeOnnx } from './write.js';
