/** `npm start`: installs, builds and runs the demonstration; `npm start -- train classify ./photos` passes through. */
import { prepare, root, run } from './prepare.js';

prepare();
const given = process.argv.slice(2);
// INIT_CWD: where the person stands, so that relative paths mean what they typed
const cwd = process.env.INIT_CWD ?? process.cwd();
run(process.execPath, [`${root}/bin/resmirror.js`, ...(given.length > 0 ? given : ['demo'])], { cwd });
