/** What the build, the page and the service worker tell each other. Types alone: the worker imports nothing. */

/** Of the build, to the worker. Paths are relative to the page. */
export interface Build {
  /** Another whenever a file of the page is. */
  readonly version: string;
  readonly files: readonly string[];
  readonly engineVersion: string;
  readonly engine: readonly string[];
}

/** Of the page, with a port for the answer. */
export interface Keep {
  /** Paths of the engine's files. */
  readonly keep: readonly string[];
}

/** Answer to `Keep`. */
export interface KeepAnswer {
  /** Why it was not kept. */
  readonly reason?: string;
}

/** To pages: a file more is kept. */
export type Kept = 'kept';
