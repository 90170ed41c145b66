/** What went wrong, in words for whoever looks at the page. */
export class Problem extends Error {
  override readonly name = 'Problem';
}

/** @param doing what was tried, as `read the image` */
export const inWords = (error: unknown, doing: string): string =>
  error instanceof Problem
    ? error.message
    : `Could not ${doing}: ${error instanceof Error ? error.message : String(error)}`;
