/** Schemas of what comes from outside: a schema gives the type, the check and the message. */
import * as v from 'valibot';
import { optionError } from './errors.js';

/** A whole number from `least` to `most`, both included. */
export const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

/** A number within bounds: `least` and `most` are included, `above` and `below` are not. */
export const within = ({
  least = Number.NEGATIVE_INFINITY,
  above = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
  below = Number.POSITIVE_INFINITY,
}: {
  readonly least?: number;
  readonly above?: number;
  readonly most?: number;
  readonly below?: number;
}) => v.pipe(v.number(), v.finite(), v.minValue(least), v.gtValue(above), v.maxValue(most), v.ltValue(below));

/** What a schema takes: defaults may be left out, and nothing of it is changed. */
export type Given<S extends v.GenericSchema> = Frozen<v.InferInput<S>>;
type Frozen<T> = { readonly [K in keyof T]: Frozen<T[K]> };

/**
 * Parses by a schema, and fills in its defaults.
 * @param options.areOptions whether keys are those of options that a person gave
 * @throws UserError that names what was expected and what came
 */
export function validated<S extends v.GenericSchema>(
  schema: S,
  given: unknown,
  what: string,
  { areOptions = false }: { readonly areOptions?: boolean } = {},
): v.InferOutput<S> {
  const { success, output, issues } = v.safeParse(schema, given);
  if (success) return output;
  const keys = areOptions ? issues.flatMap((issue) => v.getDotPath(issue) ?? []) : [];
  throw optionError(`expected ${what}; ${problems(issues, schema)}`, ...keys);
}

/** What does not fit, in one line. */
export const problems = (issues: readonly v.BaseIssue<unknown>[], schema?: v.GenericSchema): string =>
  issues.map((issue) => problem(issue, schema)).join('; ');

function problem(issue: v.BaseIssue<unknown>, schema: v.GenericSchema | undefined): string {
  const path = v.getDotPath(issue);
  const isKey = issue.path?.at(-1)?.origin === 'key';
  if (isKey && issue.expected === 'never') return `there is no '${path}'${known(issue, schema)}`;
  if (isKey) return `${path} is missing`;
  const what = issue.type.endsWith('_length') ? 'length ' : '';
  return `${path ? `${path}: ` : ''}expected ${what}${issue.expected ?? issue.message}, got ${excerpt(issue.input)}`;
}

/** The keys that there are, where the wrong one stands at the top. */
const known = ({ path }: v.BaseIssue<unknown>, schema: v.GenericSchema | undefined): string =>
  path?.length === 1 && schema && 'entries' in schema
    ? ` (known are ${Object.keys(schema.entries as object).join(', ')})`
    : '';

const EXCERPT = 80;
const excerpt = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text;
};
