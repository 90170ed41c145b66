/** `npm run build`: everything that is compiled. With `--fresh`, as for a package, nothing of earlier builds stays. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, root } from './prepare.js';

if (process.argv.includes('--fresh')) rmSync(join(root, 'build'), { recursive: true, force: true });
build();
