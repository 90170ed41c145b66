export * from './attributes.js';
export * from './build.js';
export * from './operators.js';
export { axesOf, axisOf, broadcast, elements, fixed, fixedShape, show, statisticsShape } from './shapes.js';
export * from './types.js';
export * from './walk.js';
