/** An address of the server as data: how it is called, what it takes, what answers it. Routing and the OpenAPI document go by it. */
import type * as v from 'valibot';
import type { HttpError } from './http-error.js';

export interface Asked {
  readonly request: Request;
  /** The body, within the limit; read when it is asked for. */
  readonly body: () => Promise<Uint8Array<ArrayBuffer>>;
  /** The parts of the address in braces. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Raised when the client is gone, or its time is up. */
  readonly signal: AbortSignal;
  /** Makes its time shorter. @param milliseconds from now */
  readonly within: (milliseconds: number) => void;
}

export interface Operation {
  readonly method: 'GET' | 'POST';
  /** As OpenAPI writes it: `/v2/models/{name}`. */
  readonly path: string;
  readonly summary: string;
  /** Media type -> what a body is; a text for one that is no JSON. */
  readonly body?: Readonly<Record<string, v.GenericSchema | string>>;
  /** Parameters behind the question mark. */
  readonly query?: v.StrictObjectSchema<v.ObjectEntries, undefined>;
  /** Media type -> what the answer is. */
  readonly answer: Readonly<Record<string, v.GenericSchema | string>>;
  /** What can go wrong besides 401, 404 and 503. */
  readonly errors?: readonly HttpError['status'][];
  /** Whether it takes work, which is counted, bounded in time and number, and refused while draining. */
  readonly works?: boolean;
  /** Whether it is answered without a key. */
  readonly open?: boolean;
  readonly run: (given: Asked) => Promise<Response> | Response;
}

/** The same of a model's latest version, and of a version by its number. */
export const ofVersions = (operation: Operation & { readonly path: `${string}{name}${string}` }): Operation[] => [
  operation,
  { ...operation, path: operation.path.replace('{name}', '{name}/versions/{version}') },
];

export const json = (value: unknown, init: ResponseInit = {}): Response =>
  new Response(JSON.stringify(value), {
    ...init,
    headers: { 'Content-Type': 'application/json', ...(init.headers as Record<string, string>) },
  });
