/** What a file would become in memory, told from its bytes. Tensors keep their size; nodes do not. */
import type { DescMessage } from '@bufbuild/protobuf';
import { UserError } from '../errors.js';
import { excessOf } from '../excess.js';

/** A ResNet of 1,001 layers has some 60,000 objects; a model's graph, its nodes, their attributes and tensors are four levels. */
const MOST = { objects: 400_000, levels: 24 };

const reasons = {
  objects: `it holds more than ${MOST.objects.toLocaleString('en')} nodes, attributes and numbers in lists, which no model of this kind does`,
  levels: `it nests deeper than ${MOST.levels} levels, which no model does`,
} as const;

/** @throws UserError for bytes that hold more than a model has, or nest deeper */
export function refuseExcess(bytes: Uint8Array, message: DescMessage): void {
  const excess = excessOf(bytes, message, MOST);
  if (excess) throw new UserError(reasons[excess]);
}
