import type { Op } from '../graph/index.js';
import { rules } from './rules.js';

export { backward, type Obstacle, withoutDerivative } from './backward.js';
export { backwardRecomputing } from './recompute.js';
export { type NoDerivative, type Rule, rules } from './rules.js';

/** Whether `backward` can pass through an operator. */
export const hasDerivative = (op: Op): boolean => typeof rules[op] === 'function';
