/** Text in columns that stand straight, whatever the script and the colours. */
import { stripVTControlCharacters } from 'node:util';

/** Two columns wide on a terminal: East Asian scripts, full-width forms and pictographs (Unicode Standard Annex 11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
/** Latin letters, punctuation, signs, arrows, boxes and blocks: one column each, and none of them joins its neighbour. */
const NARROW = /^[\x20-\x7e\u00a0-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2200-\u22ff\u2500-\u25ff]*$/;

let segmenter: Intl.Segmenter | undefined;
/** The characters of a text as people count them. Made when first needed: it takes longer than all else that a table does. */
function charactersOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Columns that a text takes on a terminal. */
export function widthOf(painted: string): number {
  const text = painted.includes('\u001b') ? stripVTControlCharacters(painted) : painted;
  if (NARROW.test(text)) return text.length;
  return charactersOf(text).reduce((width, character) => width + (WIDE.test(character) ? 2 : 1), 0);
}

export const padLeft = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text;
export const padRight = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** A text cut to a width, the cut shown by an ellipsis: at its end, or at its start as file names need it. */
export function shortened(text: string, width: number, { keep = 'start' as 'start' | 'end' } = {}): string {
  if (widthOf(text) <= width) return text;
  const characters = charactersOf(text);
  if (keep === 'end') characters.reverse();
  let [kept, used] = ['', 1];
  for (const character of characters) {
    used += widthOf(character);
    if (used > width) break;
    kept = keep === 'end' ? character + kept : kept + character;
  }
  return keep === 'end' ? `…${kept}` : `${kept}…`;
}

/** Rows of cells, columns padded to their widest; `>` aligns right, `<` left, one letter per column. */
export function columns(rows: readonly (readonly string[])[], alignment: string, gap = '  '): string[] {
  const widths = Array.from(alignment, (_, i) => Math.max(0, ...rows.map((row) => widthOf(row[i] ?? ''))));
  return rows.map((row) =>
    Array.from(alignment, (side, i) => (side === '>' ? padLeft : padRight)(row[i] ?? '', widths[i]!))
      .join(gap)
      .trimEnd(),
  );
}
