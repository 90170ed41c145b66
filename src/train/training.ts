/** What a trainer works on, wherever it runs. */
import type { Network } from '../models/index.js';
import type { Weights } from '../weights/model.js';
import type { TrainConfig } from './config.js';
import type { Share } from './share.js';
import type { Judges } from './tasks/task.js';

export interface Training {
  readonly config: TrainConfig;
  readonly network: Network;
  /** Models whose weights stand in its graph. */
  readonly judges?: Judges;
  /** First weights that are not drawn. */
  readonly start?: Weights;
  /** Of every batch, where several processes train together; by default the whole. */
  readonly share?: Share;
}
