/** Memory that all threads see; in a page that its server does not isolate, which has no such memory, its own. */
export const sharedBytes = (length: number): Uint8Array<ArrayBufferLike> =>
  new Uint8Array(typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(length) : new SharedArrayBuffer(length));
