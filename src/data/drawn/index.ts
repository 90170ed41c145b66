export { writeDrawnFolder } from './folder.js';
export { drawImage } from './scene.js';
export { type DrawnOptions, drawnDataset } from './set.js';
export { CLASSES } from './shapes.js';
