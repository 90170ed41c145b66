/** Prepares images beside the page, which stays free to answer: large photographs take a second. */
import type { Preprocessing } from '../../../src/data/transforms.js';
import { ImageProblem, prepare } from '../../../src/web-folder/page/prepare.js';

export interface Asked {
  readonly id: number;
  readonly file: Blob;
  readonly preprocessing: Preprocessing;
}
export interface Answered {
  readonly id: number;
  /** [h, w, c] of the preprocessing's size. */
  readonly seen?: Uint8Array;
  readonly why?: ImageProblem['why'];
}

addEventListener('message', async ({ data: { id, file, preprocessing } }: MessageEvent<Asked>) => {
  const answer = await prepare(file, preprocessing).then(
    (seen): Answered => ({ id, seen }),
    (error: unknown): Answered => ({ id, why: error instanceof ImageProblem ? error.why : 'unreadable' }),
  );
  postMessage(answer);
});
