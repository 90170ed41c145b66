/** What all tasks make of a network in training. */
import type { Value } from '../../graph/index.js';
import type { Network } from '../../models/index.js';
import { Build } from '../../nn/index.js';
import { inFirstStages } from '../parts.js';
import type { PartConfig } from '../share.js';
import type { Objective } from './task.js';

/** The network being built for training as the configuration has it. */
export function trainingBuild(network: Network, config: PartConfig): Build {
  const { stochasticDepth = 0, dropout = 0, zeroGamma = false, ranks = 1, frozen } = config;
  return new Build({
    training: true,
    stochasticDepth,
    dropout,
    zeroGamma,
    ranks,
    ...(frozen && { frozen: inFirstStages(network, frozen.stages) }),
  });
}

export const objectiveOf = (
  { updates, chances, boundaries }: Build,
  { loss, outputs = {} }: { readonly loss: Value; readonly outputs?: Readonly<Record<string, Value>> },
): Objective => ({ loss, outputs, tracked: updates, chances, boundaries });
