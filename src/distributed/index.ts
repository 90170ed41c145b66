export { type Compression, compressions } from './compression.js';
export { type DistributedOptions, type DistributedRuntime, distributedRuntime } from './runtime.js';
