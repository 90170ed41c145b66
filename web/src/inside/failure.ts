/** What went wrong, in every language. */
import { say, type Text } from '../language.js';
import { troubles } from './texts.js';

export class Failure extends Error {
  constructor(
    readonly text: Text,
    readonly given: Readonly<Record<string, string | number>> = {},
  ) {
    super(text.en);
  }
}

export const failureOf = (error: unknown, text: Text = troubles.computing): Failure =>
  error instanceof Failure ? error : new Failure(text, { reason: error instanceof Error ? error.message : `${error}` });

export const inWords = ({ text, given }: Failure): string => say(text, given);
