export * from './attributes.js';
export * from './build.js';
export * from './dtype.js';
export * from './memory.js';
export * from './operators.js';
export * from './rewrite.js';
export { axesOf, axisOf, broadcast, elements, fixed, fixedShape, show, statisticsShape } from './sizes.js';
export * from './types.js';
export * from './walk.js';
