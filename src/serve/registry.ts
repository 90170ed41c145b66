/** The models of a server by name and version, each replaced when its file changes. */
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { UserError } from '../errors.js';
import { modelPath } from '../weights/index.js';
import { HttpError } from './http-error.js';
import type { Log } from './log.js';
import type { ServedModel } from './served-model.js';

/** A model and the name it is served under. */
export interface NamedPath {
  readonly name: string;
  /** A model as `readModel` takes it. */
  readonly path: string;
}

/** What names of models are made of: they stand in addresses. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** `NAME=PATH`, or a path, whose last part without its ending is the name. @throws UserError for names that fit no address */
export function namedPath(text: string): NamedPath {
  const [, given, rest] = /^([^=/\\]+)=(.+)$/.exec(text) ?? [];
  const path = rest ?? text;
  const name = given ?? basename(path, extname(path));
  if (NAME.test(name)) return { name, path };
  throw new UserError(
    `expected names of letters, digits, '.', '_' and '-', got '${name}'; give the model as NAME=${path}`,
  );
}

/** Loaded once; closed when it was replaced and nobody asks it any more. */
interface Loaded {
  readonly model: ServedModel;
  /** Requests that are using it. */
  users: number;
  replaced: boolean;
}

interface Version {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  loaded: Loaded;
  /** Of the file that was looked at last, loaded or not. */
  state: string;
  /** Seen once, and loaded when it is seen again: a file that is being written goes on changing. */
  next: string | undefined;
}

export class Registry {
  private readonly models = new Map<string, Version[]>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  private constructor(
    private readonly load: (given: NamedPath) => Promise<ServedModel>,
    private readonly log: Log,
  ) {}

  /**
   * Loads models. A name that comes again is the next version of the same, from 1; the last is what is asked by name alone.
   * @throws UserError for models that cannot be read
   */
  static async open(
    given: readonly NamedPath[],
    load: (given: NamedPath) => Promise<ServedModel>,
    log: Log,
  ): Promise<Registry> {
    const registry = new Registry(load, log);
    try {
      for (const one of given) await registry.add(one);
      return registry;
    } catch (error) {
      await registry.close();
      throw error;
    }
  }

  get names(): readonly string[] {
    return [...this.models.keys()];
  }

  versions(name: string): readonly string[] {
    return this.of(name).map(({ version }) => version);
  }

  /** Every version, loaded as it is now. */
  *all(): Generator<{ readonly name: string; readonly version: string; readonly model: ServedModel }> {
    for (const { name, version, loaded } of [...this.models.values()].flat())
      yield { name, version, model: loaded.model };
  }

  /** Asks a model, which stays open until it has answered. @throws HttpError 404 for names and versions that there are not */
  async use<T>(
    { name, version }: { readonly name: string; readonly version?: string | undefined },
    ask: (model: ServedModel, version: string) => Promise<T> | T,
  ): Promise<T> {
    const versions = this.of(name);
    const found = version === undefined ? versions.at(-1) : versions.find((one) => one.version === version);
    if (!found)
      throw new HttpError(
        404,
        `${name} has no version '${version}', only ${versions.map((one) => one.version).join(', ')}`,
      );
    const { loaded } = found;
    loaded.users++;
    try {
      return await ask(loaded.model, found.version);
    } finally {
      loaded.users--;
      closeUnused(loaded);
    }
  }

  /** Looks for changed files from time to time. @param every milliseconds */
  watch(every: number): void {
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, every);
    this.timer.unref();
  }

  /** Loads what has changed, and has stayed the same since the last look. The old one goes on where the new one cannot be read. */
  async look(): Promise<void> {
    for (const one of [...this.models.values()].flat()) {
      const state = await stateOf(one.path);
      if (state === one.state || state === undefined) one.next = undefined;
      else if (state !== one.next) one.next = state;
      else await this.reload(one, state);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await Promise.all([...this.all()].map(({ model }) => model.close()));
  }

  private of(name: string): readonly Version[] {
    const found = this.models.get(name);
    if (found) return found;
    throw new HttpError(404, `no model is called '${name}'; GET /v1/models lists them`);
  }

  private async add(given: NamedPath): Promise<void> {
    const state = (await stateOf(given.path)) ?? '';
    const loaded = { model: await this.load(given), users: 0, replaced: false };
    const before = this.models.get(given.name) ?? [];
    const version = `${before.length + 1}`;
    this.models.set(given.name, [...before, { ...given, version, loaded, state, next: undefined }]);
  }

  private async reload(one: Version, state: string): Promise<void> {
    const { name, version } = one;
    one.state = state;
    one.next = undefined;
    try {
      const model = await this.load(one);
      const old = one.loaded;
      one.loaded = { model, users: 0, replaced: false };
      old.replaced = true;
      closeUnused(old);
      this.log({ level: 'info', event: 'model reloaded', model: name, version });
    } catch (error) {
      const { message } = error as Error;
      this.log({ level: 'error', event: 'model not reloaded, the old one goes on', model: name, version, message });
    }
  }
}

function closeUnused({ model, users, replaced }: Loaded): void {
  if (replaced && users === 0) void model.close();
}

/** What changes when a file is written or replaced; nothing where there is none. */
async function stateOf(path: string): Promise<string | undefined> {
  try {
    const { mtimeMs, size, ino } = await stat(await modelPath(path));
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return undefined;
  }
}
