/** Names of parameters, ours and other programs', as a table that is read both ways. */

/**
 * How a program calls what is called otherwise here: rows of names, ours first. `{s}`, `{b}` and `{i}` stand for the numbers of a stage, a block and
 * a layer, `{p}` for the rest of the name, such as weight. Each stands on both sides of its row.
 */
export interface NamingScheme {
  readonly title: string;
  readonly rows: readonly (readonly [ours: string, theirs: string])[];
}

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  s: '\\d{1,3}',
  b: '\\d{1,4}',
  i: '\\d{1,2}',
  p: 'weight|bias|running_mean|running_var',
};
const PLACEHOLDER = /\{(\w)\}/g;

/** A template as a pattern of whole names. */
function patternOf(template: string): RegExp {
  const parts = template
    .split(PLACEHOLDER)
    .map((part, i) => (i % 2 === 0 ? part.replaceAll('.', '\\.') : `(?<${part}>${PLACEHOLDERS[part]})`));
  return new RegExp(`^${parts.join('')}$`);
}

type Translate = (name: string) => string | undefined;

/** From the names of one side to those of the other; nothing for a name that the scheme does not have. */
function translator(rows: readonly (readonly [from: string, to: string])[]): Translate {
  const patterns = rows.map(([from, to]) => [patternOf(from), to] as const);
  return (name) => {
    for (const [pattern, to] of patterns) {
      const match = pattern.exec(name);
      if (match) return to.replace(PLACEHOLDER, (_, key: string) => match.groups?.[key] ?? '');
    }
    return undefined;
  };
}

export const toOurs = ({ rows }: NamingScheme): Translate =>
  translator(rows.map(([ours, theirs]) => [theirs, ours] as const));
export const toTheirs = ({ rows }: NamingScheme): Translate => translator(rows);
