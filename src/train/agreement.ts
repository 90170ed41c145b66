/** Processes that train together must have the same in hand: who has another configuration or other data is named before the first step. */
import { createHash } from 'node:crypto';
import { AgreedError, type Communicator, gathered } from '../communicator/index.js';
import type { Dataset } from '../data/dataset.js';
import { imageBytes, type Source } from '../data/source.js';
import { VERSION } from '../version.js';
import type { Plan } from './plan.js';

/** What must be equal, by what people call it. Where the data lie may differ. */
function claimsOf({ config: { data: _, ...config }, splits }: Plan): Readonly<Record<string, string>> {
  return {
    version: VERSION,
    ...Object.fromEntries(Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)])),
    'training images': describe(splits.train),
    'validation images': describe(splits.validation),
  };
}

const describe = (data: Dataset): string => `${data.length} with the fingerprint ${fingerprintOf(data)}`;

/** What tells images of a kind from others: names, places in archives, or pixels; files are not read. */
const contents: {
  readonly [K in Source['kind']]: (source: Extract<Source, { kind: K }>) => Iterable<string | NodeJS.TypedArray>;
} = {
  files: ({ paths }) => paths.map((path) => `${path}\0`),
  raster: (source) => [`${imageBytes(source)}\0`, source.pixels],
  shards: ({ set, rows }) => [
    ...set.shards.map(({ name, bytes }) => `${name} ${bytes}\0`),
    set.starts,
    set.offsets,
    set.lengths,
    rows,
  ],
};

/** Of what images are, and of their labels. */
function fingerprintOf({ source }: Dataset): string {
  const hash = createHash('sha256');
  for (const part of contents[source.kind](source as never)) hash.update(part);
  if (source.labels) hash.update(source.labels);
  return hash.digest('hex').slice(0, 12);
}

/** @throws AgreedError on all ranks where one disagrees with rank 0 */
export async function agree(communicator: Communicator, plan: Plan): Promise<void> {
  if (communicator.size === 1) return;
  const { rank, host } = communicator;
  const [first, ...others] = await gathered(communicator, { rank, host, claims: claimsOf(plan) });
  const disagreements = others.flatMap((other) => {
    const keys = new Set([...Object.keys(first!.claims), ...Object.keys(other.claims)]);
    return [...keys]
      .filter((key) => first!.claims[key] !== other.claims[key])
      .map(
        (key) =>
          `rank ${other.rank} on ${other.host} has ${key} ${other.claims[key]}, rank 0 has ${first!.claims[key]}`,
      );
  });
  if (disagreements.length > 0)
    throw new AgreedError(
      `the processes of this job do not train the same:\n${disagreements.slice(0, 20).join('\n')}\ngive all of them the same options and the same data`,
    );
}
