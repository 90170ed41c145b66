/** What the thread that reads HDF5 is told and answers. */

/** What it opens: a part of a file on disk, or bytes that were unpacked. It may take so many bytes of memory for itself. */
export interface Opening {
  readonly bytes: { readonly path: string; readonly from: number; readonly size: number } | Uint8Array;
  readonly memory: number;
}

export interface Dataset {
  /** From the root, without a slash in front. */
  readonly path: string;
  /** Of its elements: a class of HDF5's types, and their size in bytes. */
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  /** Nothing for what is no array. */
  readonly shape: readonly number[] | null;
  /** Whether its numbers lie in other files. */
  readonly elsewhere: boolean;
}

export interface Listing {
  readonly datasets: readonly Dataset[];
  /** Path of a group (empty for the root) -> its attributes that are one text. */
  readonly texts: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface Requests {
  /** Everything in the file. */
  readonly list: { readonly request: null; readonly result: Listing };
  /** The numbers of a data set as they are stored, row-major. */
  readonly read: {
    readonly request: { readonly path: string; readonly bytes: number };
    readonly result: Uint8Array<ArrayBuffer>;
  };
}

export type Call = {
  readonly [M in keyof Requests]: { readonly method: M; readonly request: Requests[M]['request'] };
}[keyof Requests];
export type Answer = { readonly result: unknown } | { readonly error: string };
