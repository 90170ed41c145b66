/**
 * A failure that the person at the keyboard can mend: bad input, a wrong option, a missing file.
 * Its message says what was expected, what came and what to do; programs print it without a stack trace.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}
