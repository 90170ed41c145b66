/** `npm run build`: everything that is compiled. */
import { build } from './prepare.js';

build();
