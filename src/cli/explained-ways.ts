/** What `explain` can draw, by the names of its methods. */
import type { Choices, Drawn, Task } from './explained.js';
import { gradCam, integratedGradients } from './explained-classes.js';
import { features, stages } from './explained-stages.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';

interface Way {
  /** @throws for options that would change nothing, and images that are missing or not looked at */
  readonly refuses: (task: Task) => void;
  readonly draw: (task: Task) => Promise<Drawn>;
}

const flags: { readonly [K in keyof Choices]-?: string } = {
  class: '--class',
  stage: '--stage',
  steps: '--steps',
  limit: '--limit',
  seed: '--seed',
};

/** Only these options count; `images` says whether there have to be some. */
const takes =
  (names: readonly (keyof Choices)[], images: 'needed' | 'allowed' | 'unused') =>
  ({ choices, images: given }: Task): void => {
    const idle = (Object.keys(flags) as (keyof Choices)[]).find(
      (name) => choices[name] !== undefined && !names.includes(name),
    );
    if (idle) throw usageError(`${flags[idle]} changes nothing here: leave it out, or choose another --method`);
    if (images === 'needed' && given.length === 0)
      throw usageError('expected images to explain, got none; name files or folders behind the model');
    if (images === 'unused' && given.length > 0)
      throw usageError(`filters are the same for all images: leave out ${given[0]}`);
  };

async function filters({ model }: Task): Promise<Drawn> {
  const { filterPictures } = await import('../inference/filters.js');
  const { stackGrid } = await import('./pair-grid.js');
  const { name, pictures } = filterPictures(model);
  const { height, width } = pictures[0]!;
  return {
    picture: stackGrid(pictures.map((picture) => [picture])),
    lines: () => [`${counted(pictures.length, 'filter')} of ${name}, ${height}×${width}: middle gray is 0`],
    json: { weight: name, filters: pictures.length, size: [height, width] },
    skipped: [],
  };
}

export const methods = {
  'grad-cam': { refuses: takes(['class', 'stage', 'limit'], 'needed'), draw: gradCam },
  'integrated-gradients': { refuses: takes(['class', 'steps', 'limit'], 'needed'), draw: integratedGradients },
  features: { refuses: takes(['stage', 'limit'], 'needed'), draw: features },
  stages: { refuses: takes(['class', 'stage', 'limit', 'seed'], 'allowed'), draw: stages },
  filters: { refuses: takes([], 'unused'), draw: filters },
} as const satisfies Readonly<Record<string, Way>>;
