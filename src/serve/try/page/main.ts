/** Asks what there is, makes fields for it, and shows what models say. */
import { asked, type Result, shown } from './answers.js';
import { element, made, trouble } from './elements.js';
import { fieldsFor, type Schema, type Schemas, valuesIn } from './fields.js';

interface Model {
  readonly name: string;
  readonly version: string;
  readonly task: string;
  readonly verbs: readonly string[];
  /** How it can be explained, the usual way first, and what each way takes. */
  readonly methods: readonly { readonly name: string; readonly takes: readonly string[] }[];
  readonly size: readonly [number, number];
  readonly classes: readonly string[];
}

interface Post {
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody: { readonly content: Readonly<Record<string, { schema: { properties?: Schemas } }>> };
}

/** Addresses beside this page, which may be mounted anywhere. */
const at = (path: string) => new URL(path, document.baseURI).href;

let key = '';
let models: readonly Model[] = [];
let posts: Readonly<Record<string, Post>> = {};
let model: Model;
let verb = '';
let method = '';
let image: { readonly bytes: Blob; readonly url: string; readonly name: string } | undefined;
let asking: AbortController | undefined;

class NeedsKey extends Error {}

async function answered<T>(path: string, init: RequestInit = {}): Promise<T> {
  const headers = { ...(init.headers as object), ...(key && { Authorization: `Bearer ${key}` }) };
  const response = await fetch(at(path), { ...init, headers });
  if (response.status === 401) throw new NeedsKey();
  const answer = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(answer.error ?? `the server answered ${response.status}`);
  return answer;
}

/** The address that is asked, among several versions by its number. */
const pathOf = () => {
  const isOnly = models.filter(({ name }) => name === model.name).length === 1;
  return `v1/models/${model.name}${isOnly ? '' : `/versions/${model.version}`}/${verb}`;
};

const post = () => posts[`/v1/models/{name}/${verb}`]!;
const takesImage = () => verb !== 'generate';

/** What the address takes besides an image. */
function schemas(): Schemas {
  const { parameters = [], requestBody } = post();
  if (!takesImage()) return requestBody.content['application/json']!.schema.properties ?? {};
  const all = Object.fromEntries(
    parameters.filter((one) => one.in === 'query').map(({ name, schema }) => [name, schema]),
  );
  return all.method ? ofMethod(all) : all;
}

/** The methods that this model has, and what the chosen one takes. */
function ofMethod(all: Schemas): Schemas {
  const names = model.methods.map(({ name }) => name);
  const chosen = model.methods.find(({ name }) => name === method) ?? model.methods[0]!;
  const taken = Object.entries(all).filter(([name]) => chosen.takes.includes(name));
  return { method: { ...all.method, enum: names, default: chosen.name }, ...Object.fromEntries(taken) };
}

function request(): { path: string; init: RequestInit; curl: readonly string[] } {
  const values = valuesIn(element<HTMLFormElement>('fields'), schemas());
  const bearer = key ? ["-H 'Authorization: Bearer KEY'"] : [];
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  if (!takesImage()) {
    const body = JSON.stringify(values);
    const headers = { 'Content-Type': 'application/json' };
    return {
      path: pathOf(),
      init: { method: 'POST', body, headers },
      curl: [...bearer, `--data ${quoted(body)}`, quoted(at(pathOf()))],
    };
  }
  const query = new URLSearchParams(Object.entries(values).map(([name, value]) => [name, `${value}`]));
  const path = pathOf() + (query.size > 0 ? `?${query}` : '');
  const init = {
    method: 'POST',
    ...(image && { body: image.bytes }),
    headers: { 'Content-Type': 'application/octet-stream' },
  };
  return {
    path,
    init,
    curl: [...bearer, `--data-binary ${quoted(`@${image?.name ?? 'image.jpg'}`)}`, quoted(at(path))],
  };
}

function writeCall(): void {
  element('curl').textContent = `curl ${request().curl.join(' ')}`;
}

async function ask(): Promise<void> {
  writeCall();
  if (takesImage() && !image) return;
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const [of, start] = [verb, performance.now()];
  try {
    const { path, init } = request();
    const { results } = await answered<{ results: readonly Result[] }>(path, { ...init, signal });
    trouble();
    const sent = takesImage() ? [asked(image!.url)] : [];
    element('results').replaceChildren(...sent, ...results.map((result) => shown(of, result)));
    element('answer').hidden = false;
    element('took').textContent = `answered in ${Math.round(performance.now() - start)} ms`;
  } catch (error) {
    if (!signal.aborted) fail(error);
  }
}

function fail(error: unknown): void {
  const needs = error instanceof NeedsKey;
  element('keyed').hidden = !needs;
  if (needs) element('key').focus();
  const wrong = key ? 'This is not a key of this server.' : 'This server asks for a key.';
  trouble(needs ? wrong : `${(error as Error).message}`);
}

function take(file: Blob & { readonly name?: string }): void {
  if (image) URL.revokeObjectURL(image.url);
  image = { bytes: file, url: URL.createObjectURL(file), name: file.name ?? 'image.png' };
  void ask();
}

function makeFields(): void {
  const fields = fieldsFor(schemas(), model.classes);
  const again = takesImage() ? [] : [made('button', { className: 'main', textContent: 'Generate' })];
  element('fields').replaceChildren(...fields, ...again);
}

function chooseVerb(next: string): void {
  verb = next;
  for (const button of element('verbs').children) button.setAttribute('aria-pressed', `${button.textContent === verb}`);
  element('drop').hidden = !takesImage();
  makeFields();
  element('answer').hidden = true;
  element('about').textContent = post().summary;
  void ask();
}

function chooseModel(index: number): void {
  model = models[index]!;
  element('title').textContent = model.name;
  const buttons = model.verbs.map((name) => {
    const button = made('button', { type: 'button', textContent: name });
    button.addEventListener('click', () => chooseVerb(name));
    return button;
  });
  element('verbs').replaceChildren(...buttons);
  element('verbs').hidden = buttons.length === 1;
  chooseVerb(model.verbs.includes(verb) ? verb : model.verbs[0]!);
}

async function begin(): Promise<void> {
  try {
    ({ models } = await answered<{ models: readonly Model[] }>('v1/models'));
    const { paths } = await answered<{ paths: Record<string, { post?: Post }> }>('openapi.json');
    posts = Object.fromEntries(Object.entries(paths).flatMap(([path, { post }]) => (post ? [[path, post]] : [])));
    const names = models.map(({ name, version }) => made('option', { textContent: `${name}, version ${version}` }));
    element('model').replaceChildren(...names);
    element('models').hidden = models.length === 1;
    element('keyed').hidden = true;
    element('work').hidden = false;
    trouble();
    chooseModel(0);
  } catch (error) {
    element('about').textContent = '';
    fail(error);
  }
}

element('model').addEventListener('change', (event) => chooseModel((event.target as HTMLSelectElement).selectedIndex));
element('file').addEventListener('change', (event) => {
  const [file] = (event.target as HTMLInputElement).files ?? [];
  if (file) take(file);
});
element('fields').addEventListener('change', ({ target }) => {
  const { name, value } = target as HTMLSelectElement;
  if (name === 'method') {
    method = value;
    makeFields();
    element<HTMLSelectElement>('field-method').focus();
  }
  void ask();
});
element('fields').addEventListener('submit', (event) => {
  event.preventDefault();
  void ask();
});
element('keyed').addEventListener('submit', (event) => {
  event.preventDefault();
  key = element<HTMLInputElement>('key').value;
  void (models.length > 0 ? ask() : begin());
});
for (const name of ['dragover', 'drop', 'dragleave'] as const)
  document.addEventListener(name, (event) => {
    event.preventDefault();
    element('drop').classList.toggle('over', name === 'dragover');
    const file = name === 'drop' ? event.dataTransfer?.files[0] : undefined;
    if (file) take(file);
  });
document.addEventListener('paste', (event) => {
  const file = event.clipboardData?.files[0];
  if (file) take(file);
});
void begin();
