export * from './convolution.js';
export * from './differentiable-augmentation.js';
export * from './initial.js';
export * from './layers.js';
export * from './network.js';
export * from './parameters.js';
export * from './pixels.js';
export * from './spectral.js';
