export { isUnfinished, writeAtomically } from './atomic.js';
export { fingerprint } from './fingerprint.js';
export type { HostTensor } from './host-tensor.js';
export * from './model.js';
export * from './model-file.js';
export { npyRows } from './npy.js';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.js';
export { readSafetensors, readSafetensorsHeader, writeSafetensors } from './safetensors-file.js';
