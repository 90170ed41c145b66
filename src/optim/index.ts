export * from './adversarial.js';
export * from './gradients.js';
export * from './losses.js';
export * from './optimizers.js';
export * from './quality.js';
export * from './schedules.js';
export * from './step.js';
export * from './variational.js';
