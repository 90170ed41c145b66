/** Answers of the open model, in components. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { whyOf } from '../reasons.js';
import { type Failure, failureOf } from './failure.js';
import { fallBack, opened } from './session.js';

export interface Answer<T> {
  /** The latest that came, until another takes its place. */
  readonly value?: T;
  readonly failure?: Failure;
}

/** One question at a time: of those that come meanwhile, as from a slider, the last is asked next. */
interface Turn<T> {
  busy: boolean;
  ended: boolean;
  next?: (() => Promise<T>) | undefined;
}

/** Asks again whenever one of `on` is another. */
export function useAnswer<T>(ask: () => Promise<T>, on: readonly unknown[]): Answer<T> {
  const [answer, set] = useState<Answer<T>>({});
  const turn = useRef<Turn<T>>({ busy: false, ended: false }).current!;
  useEffect(() => {
    turn.next = ask;
    void proceed(turn, set);
  }, on);
  useEffect(
    () => () => {
      turn.ended = true;
    },
    [],
  );
  return answer;
}

async function proceed<T>(turn: Turn<T>, set: (answer: Answer<T>) => void): Promise<void> {
  if (turn.busy) return;
  turn.busy = true;
  while (turn.next && !turn.ended) {
    const ask = turn.next;
    turn.next = undefined;
    const answer = await answerTo(ask);
    if (turn.ended || (answer.failure && turn.next)) continue; // of what nobody asks any more
    set(answer);
  }
  turn.busy = false;
}

async function answerTo<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  const model = opened.peek();
  try {
    return { value: await ask() };
  } catch (error) {
    const failure = failureOf(error);
    if (model !== opened.peek()) return {}; // closed meanwhile
    if (model?.device === 'cpu') return { failure };
    fallBack(whyOf(error).reason);
    return {};
  }
}
