/** Names of parameters, ours and other programs', as a table that is read both ways. */

/**
 * How a program calls what is called otherwise here: rows of names, ours first. `{s}`, `{b}` and `{i}` stand for the numbers of a stage, a block and
 * a layer, `{p}` for the rest of the name, such as weight. Each stands on both sides of its row. `{s-1}` is the number less one: where the
 * other program counts from 0 what is counted from 1 here.
 */
export interface NamingScheme {
  readonly title: string;
  readonly rows: readonly (readonly [ours: string, theirs: string])[];
}

/** Without leading zeros, so that every number is written in one way. */
const NUMBER = (digits: number) => `(?:0|[1-9]\\d{0,${digits - 1}})`;
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  s: NUMBER(3),
  b: NUMBER(4),
  i: NUMBER(2),
  p: 'weight|bias|running_mean|running_var',
};
const PLACEHOLDER = /\{(\w)(-1)?\}/g;

/** A template as a pattern of whole names. */
const patternOf = (template: string): RegExp =>
  new RegExp(
    `^${template.replaceAll('.', '\\.').replace(PLACEHOLDER, (_, key: string) => `(?<${key}>${PLACEHOLDERS[key]})`)}$`,
  );

/** What is counted from 0 in a template. */
const fromZero = (template: string): ReadonlySet<string> =>
  new Set([...template.matchAll(PLACEHOLDER)].flatMap(([, key, less]) => (less ? [key!] : [])));

type Translate = (name: string) => string | undefined;

/** From the names of one side to those of the other; nothing for a name that the scheme does not have. */
function translator(rows: readonly (readonly [from: string, to: string])[]): Translate {
  const known = rows.map(([from, to]) => ({ pattern: patternOf(from), less: fromZero(from), to }));
  return (name) => {
    for (const { pattern, less, to } of known) {
      const groups = pattern.exec(name)?.groups;
      const translated = groups && filled(to, groups, less);
      if (translated !== undefined) return translated;
    }
    return undefined;
  };
}

/** Nothing where a number would fall below 0. */
function filled(template: string, groups: Readonly<Record<string, string>>, less: ReadonlySet<string>) {
  let fits = true;
  const name = template.replace(PLACEHOLDER, (_, key: string, lessThere?: string) => {
    const shift = (less.has(key) ? 1 : 0) - (lessThere ? 1 : 0);
    if (shift === 0) return groups[key]!;
    fits &&= Number(groups[key]) + shift >= 0;
    return `${Number(groups[key]) + shift}`;
  });
  return fits ? name : undefined;
}

export const toOurs = ({ rows }: NamingScheme): Translate =>
  translator(rows.map(([ours, theirs]) => [theirs, ours] as const));
export const toTheirs = ({ rows }: NamingScheme): Translate => translator(rows);
