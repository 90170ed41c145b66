/** Kinds of failures that people meet in pages too, which speak other languages than messages do. */
export type ErrorCode =
  | 'damaged-file'
  | 'not-a-model'
  | 'other-weights'
  | 'damaged-description'
  | 'too-few-images'
  | 'unreadable-class'
  | 'unreadable-images'
  | 'diverged'
  | 'no-engine';

/**
 * A failure that the person at the keyboard can mend: bad input, a wrong option, a missing file.
 * Its message says what was expected, what came and what to do; programs print it without a stack trace.
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    message: string,
    /** What kind it is, for whoever says it in other words. */
    readonly code?: ErrorCode,
    /** Keys of options that stand in the message, for whoever calls them otherwise: a command line has flags. */
    readonly options: readonly string[] = [],
  ) {
    super(message);
  }
}

/** A failure by options, with the keys by which its message names them. */
export const optionError = (message: string, ...options: readonly string[]): UserError =>
  new UserError(message, undefined, options);
