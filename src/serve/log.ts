/** What happened, as one JSON object a line. */
export interface Entry {
  readonly level: 'info' | 'error';
  readonly event: string;
  readonly [key: string]: unknown;
}

/** Takes what happens, entry by entry. */
export type Log = (entry: Entry) => void;

/** Writes lines as they come. @param write takes whole lines */
export const jsonLines =
  (write: (line: string) => void): Log =>
  (entry) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
