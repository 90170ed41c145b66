import { type InputValue, input } from '../../graph/index.js';
import type { Preprocessing } from '../../weights/model.js';

/** Images as files hold them: uint8 [n, h, w, c], fed as `images`. */
export const imagesInput = (batch: number | string, { size, channels }: Preprocessing): InputValue =>
  input('images', [batch, ...size, channels], 'uint8');
