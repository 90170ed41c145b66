/** Puts ONNX Runtime's files beside the page, whose parts fetch them when they are first needed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { engineFiles } from '../build/src/web-folder/engine-files.js';
import { root } from './prepare.js';

for (const [name, contents] of Object.entries(await engineFiles())) {
  const path = join(root, 'build/web', name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}
