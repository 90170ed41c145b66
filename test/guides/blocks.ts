/**
 * Blocks of a guide that are to be run, in their order. A fence's second word says so:
 *
 *     ```sh run             a shell runs it, in the folder of the guide
 *     ```py run             Python runs it
 *     ```js file=ask.js     it becomes that file
 *
 * A comment right above a fence makes the block small enough for CI: `<!-- in CI: --epochs 20 => --epochs 1; 3000 => $PORT -->`.
 */
export interface Block {
  readonly language: string;
  /** Where it is written; undefined for what is run. */
  readonly file: string | undefined;
  readonly text: string;
  /** Of its fence, from 1. */
  readonly line: number;
}

const BLOCK = /(?:^<!-- in CI: (.*?) -->\n)?^```(\w+) (?:run|file=(\S+))\n([\s\S]*?)^```$/gm;

/** @throws Error for a replacement of what the block does not have */
export function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(BLOCK)].map(({ index, 1: changes = '', 2: language, 3: file, 4: text }) => ({
    language: language!,
    file,
    text: changed(text!, changes),
    line: page.slice(0, index).split('\n').length + (changes ? 1 : 0),
  }));
}

function changed(text: string, changes: string): string {
  return changes
    .split('; ')
    .filter((change) => change !== '')
    .reduce((result, change) => {
      const [from, to] = change.split(' => ');
      if (to === undefined || !result.includes(from!)) throw new Error(`'${change}' changes nothing of: ${text}`);
      return result.replaceAll(from!, to);
    }, text);
}
