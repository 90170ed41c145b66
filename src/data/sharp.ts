/**
 * sharp, loaded as CommonJS: Node 20 searches the CommonJS modules behind its ES modules for names, which takes 0.2 s of CPU time in every thread that
 * decodes; sharp itself loads in 0.1.
 */
import { createRequire } from 'node:module';
import type sharpType from 'sharp';

export const sharp = createRequire(import.meta.url)('sharp') as typeof sharpType;
