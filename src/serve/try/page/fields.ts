/** Fields for what an address takes, out of the schemas of the OpenAPI document. */
import { made } from './elements.js';

export interface Schema {
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number | string;
  readonly enum?: readonly string[];
}
export type Schemas = Readonly<Record<string, Schema>>;
export type Values = Readonly<Record<string, string | number>>;

/** Whole numbers up to this are chosen by a slider. */
const SLIDING = 100;

const labelled = (name: string, input: HTMLElement, extra: Node[] = []) => {
  input.id = `field-${name}`;
  const label = made('label', { htmlFor: input.id }, made('span', {}, name, ...extra), input);
  return label;
};

function choice(name: string, names: readonly string[], usual: string): HTMLElement {
  const options = ['', ...names].map((value) => made('option', { value, textContent: value || usual }));
  return labelled(name, made('select', { name }, ...options));
}

/** One of several, of which one is chosen already. */
function among(name: string, names: readonly string[], chosen: string): HTMLElement {
  const options = names.map((value) => made('option', { value, textContent: value, selected: value === chosen }));
  return labelled(name, made('select', { name }, ...options));
}

function whole(name: string, { minimum = 0, maximum, default: usual }: Schema): HTMLElement {
  const bounds = { min: `${minimum}`, ...(maximum !== undefined && { max: `${maximum}` }) };
  const value = usual === undefined ? '' : `${usual}`;
  if (maximum === undefined || maximum > SLIDING)
    return labelled(name, made('input', { name, type: 'number', ...bounds, value, placeholder: 'usual' }));
  const shown = made('output', { textContent: value });
  const slider = made('input', { name, type: 'range', ...bounds, value });
  slider.addEventListener('input', () => {
    shown.textContent = slider.value;
  });
  const label = labelled(name, slider, [new Text(' '), shown]);
  label.className = 'slider';
  return label;
}

/** A field for each parameter that a person can type. */
export function fieldsFor(schemas: Schemas, classes: readonly string[]): HTMLElement[] {
  return Object.entries(schemas).flatMap(([name, schema]) => {
    if (name === 'class') return classes.length > 0 ? [choice(name, classes, 'usual')] : [];
    if (name === 'method') return [among(name, schema.enum ?? [], `${schema.default}`)];
    if (schema.enum) return [choice(name, schema.enum, `${schema.default ?? 'usual'}`)];
    return schema.type === 'integer' ? [whole(name, schema)] : [];
  });
}

/** What was typed, without what is empty. */
export function valuesIn(form: HTMLFormElement, schemas: Schemas): Values {
  const given = [...new FormData(form)].filter(([, value]) => value !== '') as [string, string][];
  return Object.fromEntries(
    given.map(([name, text]) => [name, schemas[name]?.type === 'integer' ? Number(text) : text]),
  );
}
