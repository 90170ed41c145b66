/** Until an answer is there, and where none comes. */
import { say } from '../language.js';
import { Trouble } from '../ui/trouble.js';
import type { Answer } from './answer.js';
import { inWords } from './failure.js';
import { texts } from './texts.js';

export function Pending({ answer: { value, failure } }: { readonly answer: Answer<unknown> }) {
  if (failure) return <Trouble>{inWords(failure)}</Trouble>;
  return value === undefined ? <p class="note pending">{say(texts.computing)}</p> : null;
}
