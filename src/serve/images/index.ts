/** The addresses for images: a file goes in as it is, and answers or pictures come out. */
import type * as v from 'valibot';
import { checkedJson, checkedQuery } from '../checked.js';
import { explanations } from '../explanations.js';
import { HttpError } from '../http-error.js';
import { type Asked, json, type Operation, ofVersions } from '../operation.js';
import type { Registry } from '../registry.js';
import type { ServedModel, Turn, Verb } from '../served-model.js';
import type { Threads } from '../threads/index.js';
import { INLINE } from '../threads/jobs.js';
import { acceptedType, JSON_TYPE } from './accept.js';
import * as answers from './answers.js';
import { hasParts, imageBodies, readImages } from './body.js';
import type { PictureType } from './pictures.js';
import * as schemas from './schemas.js';

export interface ImageState {
  readonly registry: Registry;
  readonly threads: Threads;
  readonly limits: {
    /** Images of a request. */
    readonly images: number;
    /** Pixels of an image. */
    readonly pixels: number;
  };
}

interface Way<Q extends v.StrictObjectSchema<v.ObjectEntries, undefined>> {
  readonly summary: string;
  readonly query: Q;
  readonly answer: v.GenericSchema;
  /** Whether a picture comes of each image. */
  readonly draws: boolean;
  readonly ask: (
    model: ServedModel,
    images: readonly Uint8Array[],
    query: v.InferOutput<Q>,
    turn: Turn,
  ) => Promise<answers.Result[]>;
}
const way = <Q extends v.StrictObjectSchema<v.ObjectEntries, undefined>>(row: Way<Q>): Way<Q> => row;

const ways = {
  classify: way({
    summary: 'The most probable classes of images',
    query: schemas.ClassifyQuery,
    answer: schemas.Classified,
    draws: false,
    ask: answers.classify,
  }),
  embed: way({
    summary: 'Images as vectors',
    query: schemas.NoQuery,
    answer: schemas.Embedded,
    draws: false,
    ask: answers.embed,
  }),
  explain: way({
    summary: 'Why: Grad-CAM, integrated gradients, or what the maps of a stage tell apart, drawn',
    query: schemas.ExplainQuery,
    answer: schemas.Explained,
    draws: true,
    ask: answers.explain,
  }),
  reconstruct: way({
    summary: 'Images through an autoencoder and back',
    query: schemas.NoQuery,
    answer: schemas.Reconstructed,
    draws: true,
    ask: answers.reconstruct,
  }),
} as const;

const pictureTypes: Readonly<Record<PictureType, string>> = {
  'image/png': 'the picture, of a single one',
  'image/webp': 'the picture, of a single one',
  'image/jpeg': 'the picture, of a single one',
};

const shared = { method: 'POST', works: true, errors: [400, 406, 413, 415, 504] } as const;

export function imageOperations(state: ImageState): Operation[] {
  const { registry } = state;
  const use = (asked: Asked, verb: Verb, ask: (model: ServedModel) => Promise<answers.Result[]>) => {
    const { name = '', version } = asked.params;
    const type = acceptedType(asked.request.headers.get('Accept'));
    return registry.use({ name, version }, async (model, found) => {
      if (!model.verbs.includes(verb))
        throw new HttpError(400, `${name} cannot ${verb}; it can ${model.verbs.join(', ')}`);
      const results = await ask(model);
      return respond(results, { model: name, version: found, type, threads: state.threads, signal: asked.signal });
    });
  };
  return [
    {
      method: 'GET',
      path: '/v1/models',
      summary: 'The models, and what each can be asked',
      answer: { [JSON_TYPE]: schemas.ModelList },
      run: () => json({ models: [...registry.all()].map(listed) }),
    },
    ...Object.entries(ways).flatMap(([verb, { summary, query, answer, draws, ask }]) =>
      ofVersions({
        ...shared,
        path: `/v1/models/{name}/${verb}`,
        summary,
        query,
        body: imageBodies,
        answer: { [JSON_TYPE]: answer, ...(draws && pictureTypes) },
        run: async (asked) => {
          const options = checkedQuery(query, asked.query);
          return use(asked, verb as Verb, async (model) => {
            model.check();
            const files = await imagesIn(asked, state);
            const turn = { place: model.announce(files.length), signal: asked.signal };
            try {
              return await ask(model, await prepared(model, files, { ...state, ...turn }), options as never, turn);
            } finally {
              turn.place.leave();
            }
          });
        },
      }),
    ),
    ...ofVersions({
      ...shared,
      path: '/v1/models/{name}/generate',
      summary: 'Images of random vectors, or of given ones',
      body: { [JSON_TYPE]: schemas.GenerateBody },
      answer: { [JSON_TYPE]: schemas.Generated, ...pictureTypes },
      run: (asked) =>
        use(asked, 'generate', async (model) => {
          model.check();
          const bytes = await asked.body();
          const given = bytes.length === 0 ? new TextEncoder().encode('{}') : bytes;
          return answers.generate(model, checkedJson(schemas.GenerateBody, given, 'what to generate'), asked.signal);
        }),
    }),
  ];
}

/** Image files in a body; many of them are found in another thread. */
async function imagesIn(
  { request, body, signal }: Asked,
  { limits, threads }: ImageState,
): Promise<readonly Uint8Array[]> {
  const given = { bytes: await body(), type: request.headers.get('Content-Type') ?? '', limit: limits.images };
  const isLarge = hasParts(given) && given.bytes.length > INLINE;
  return isLarge ? threads.call('readImages', given, { signal, moved: [given.bytes] }) : readImages(given);
}

/** Pixels [h, w, c] of each image, as the network sees them. */
async function prepared(
  model: ServedModel,
  files: readonly Uint8Array[],
  { threads, limits, signal }: Pick<ImageState, 'threads' | 'limits'> & Pick<Turn, 'signal'>,
): Promise<Uint8Array[]> {
  const { size, channels, cropRatio, interpolation } = model.card.preprocessing;
  const preprocessing = { size, channels, cropRatio, interpolation };
  const settled = await Promise.allSettled(
    files.map((bytes, i) => {
      const name = files.length === 1 ? 'the image' : `image ${i + 1}`;
      const given = { bytes, name, preprocessing, pixelLimit: limits.pixels };
      return threads.call('prepare', given, { signal, moved: [bytes] });
    }),
  );
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

interface Answering {
  readonly model: string;
  readonly version: string;
  readonly type: ReturnType<typeof acceptedType>;
  readonly threads: Threads;
  readonly signal: AbortSignal;
}

/** JSON with pictures in it, or the one picture as it is. */
async function respond(results: readonly answers.Result[], { model, version, type, threads, signal }: Answering) {
  if (type !== JSON_TYPE) {
    const [only] = results;
    if (!only?.picture) throw new HttpError(406, `pictures do not answer this: expected Accept to allow ${JSON_TYPE}`);
    if (results.length > 1)
      throw new HttpError(406, `expected Accept to allow ${JSON_TYPE} for ${results.length} pictures, got ${type}`);
    return new Response(await threads.call('draw', { ...only.picture, type }, { signal }), {
      headers: { 'Content-Type': type },
    });
  }
  const drawn = await Promise.all(
    results.map(async ({ facts, picture }) => {
      if (!picture) return facts;
      const bytes = await threads.call('draw', { ...picture, type: 'image/png' }, { signal });
      return { ...facts, type: 'image/png', image: Buffer.from(bytes).toString('base64') };
    }),
  );
  return json({ model, version, results: drawn });
}

function listed({
  name,
  version,
  model: { card, verbs, methods: named },
}: {
  name: string;
  version: string;
  model: ServedModel;
}) {
  const { size, channels } = card.preprocessing;
  const methods = named.map((name) => ({ name, takes: explanations[name].takes }));
  return { name, version, task: card.task, verbs, methods, size, channels, classes: card.classes };
}
