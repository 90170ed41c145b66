/** Text that is HTML already and needs no escaping. Only `html` and `raw` make it. */
export class Html {
  constructor(readonly text: string) {}
}

/** What may stand in a template; `false` and `undefined` stand for nothing. */
export type Piece = Html | string | number | false | undefined | readonly Piece[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);

const textOf = (piece: Piece): string => {
  if (piece instanceof Html) return piece.text;
  if (piece === undefined || piece === false) return '';
  return typeof piece === 'object' ? piece.map(textOf).join('') : escaped(String(piece));
};

/** A template whose every value is escaped, for text and for quoted attributes, unless it came from `html` itself. */
export const html = (strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html =>
  new Html(strings.map((text, i) => text + textOf(pieces[i])).join(''));

/** Trusted text of this program, such as its style sheet. Never anything that came from a file or a person. */
export const raw = (text: string): Html => new Html(text);
