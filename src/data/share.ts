/** Which of several processes this is. */
export interface Share {
  /** From 0. */
  readonly rank: number;
  /** Processes. */
  readonly size: number;
}
