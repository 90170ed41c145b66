/** Answers of the open model, in components. */
import { useEffect, useState } from 'preact/hooks';
import { type Failure, failureOf } from './failure.js';
import { fallBack, opened } from './session.js';

export interface Answer<T> {
  /** The latest that came, until another takes its place. */
  readonly value?: T;
  readonly failure?: Failure;
}

/** Asks again whenever one of `on` is another; answers that are overtaken are dropped. */
export function useAnswer<T>(ask: () => Promise<T>, on: readonly unknown[]): Answer<T> {
  const [answer, set] = useState<Answer<T>>({});
  useEffect(() => {
    let overtaken = false;
    const model = opened.peek();
    ask().then(
      (value) => {
        if (!overtaken) set({ value });
      },
      (error: unknown) => {
        if (overtaken) return;
        if (model && model.device !== 'cpu' && model === opened.peek())
          return fallBack(failureOf(error).given.reason as string);
        set({ failure: failureOf(error) });
      },
    );
    return () => {
      overtaken = true;
    };
  }, on);
  return answer;
}
