/** What went wrong, in every language. */
import { type Given, say, type Text } from '../language.js';
import { reasonOf } from '../reasons.js';
import { troubles } from './texts.js';

export class Failure extends Error {
  constructor(
    readonly text: Text,
    readonly given: Given = {},
  ) {
    super(text.en);
  }
}

export const failureOf = (error: unknown, text: Text = troubles.computing): Failure =>
  error instanceof Failure ? error : new Failure(text, { reason: reasonOf(error) });

export const inWords = ({ text, given }: Failure): string => say(text, given);
