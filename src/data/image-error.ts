import { UserError } from '../errors.js';

/** An image that cannot be used; `reason` is the plain phrase after its name. */
export class ImageError extends UserError {
  constructor(
    file: string,
    readonly reason: string,
  ) {
    super(`${file}: ${reason}`);
  }
}
