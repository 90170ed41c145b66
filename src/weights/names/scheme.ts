/** Names of parameters, ours and other programs', as a table that is read both ways. */

/**
 * How a program calls what is called otherwise here: rows of names, ours first. `{s}`, `{b}` and `{i}` stand for the numbers of a stage, a block and
 * a layer, `{p}` for the rest of the name, such as weight. Each stands on both sides of its row; `{s-1}` is the number of a stage counted from 0.
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
/** A letter, and whether it stands for one less. */
const PLACEHOLDER = /\{(\w)(-1)?\}/g;

/** A template as a pattern of whole names. */
function patternOf(template: string): RegExp {
  const literal = (text: string) => text.replaceAll('.', '\\.');
  let [pattern, end] = ['', 0];
  for (const { 0: whole, 1: key, index } of template.matchAll(PLACEHOLDER)) {
    pattern += `${literal(template.slice(end, index))}(?<${key}>${PLACEHOLDERS[key!]})`;
    end = index + whole.length;
  }
  return new RegExp(`^${pattern}${literal(template.slice(end))}$`);
}

/** What each letter stands for by this template; nothing for a name that it does not fit. */
function readBy(template: string, pattern: RegExp, name: string): Readonly<Record<string, string>> | undefined {
  const match = pattern.exec(name);
  if (!match) return undefined;
  const found: Record<string, string> = { ...match.groups };
  for (const [, key, less] of template.matchAll(PLACEHOLDER)) if (less) found[key!] = `${Number(found[key!]) + 1}`;
  return found;
}

const written = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(PLACEHOLDER, (_, key: string, less?: string) =>
    less ? `${Number(values[key]) - 1}` : (values[key] ?? ''),
  );

type Translate = (name: string) => string | undefined;

/** From the names of one side to those of the other; nothing for a name that the scheme does not have. */
function translator(rows: readonly (readonly [from: string, to: string])[]): Translate {
  const patterns = rows.map(([from, to]) => ({ from, to, pattern: patternOf(from) }));
  return (name) => {
    for (const { from, to, pattern } of patterns) {
      const values = readBy(from, pattern, name);
      if (values) return written(to, values);
    }
    return undefined;
  };
}

export const toOurs = ({ rows }: NamingScheme): Translate =>
  translator(rows.map(([ours, theirs]) => [theirs, ours] as const));
export const toTheirs = ({ rows }: NamingScheme): Translate => translator(rows);
