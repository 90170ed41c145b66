/** A model's description, which Keras writes beside its weights: JSON of the layers and how each was made. */
import * as v from 'valibot';
import { unreadable } from '../byte-source.js';

export interface LayerDescription {
  readonly name: string;
  /** Keras's class, such as Conv2D. */
  readonly type: string;
  /** Of a batch normalisation. */
  readonly epsilon: number | undefined;
}

const Layers = v.array(
  v.object({
    class_name: v.string(),
    config: v.object({
      name: v.optional(v.string()),
      epsilon: v.optional(v.number()),
      layers: v.optional(v.array(v.unknown())),
    }),
  }),
);
const Description = v.object({ config: v.object({ layers: Layers }) });

/** Models in models are no deeper. */
const MAX_DEPTH = 8;

/** The layers in their order, those of models in models too. @throws UserError that names the file */
export function layersDescribed(text: string, file: string): readonly LayerDescription[] {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, `its description of the model is no JSON (${(error as Error).message})`);
  }
  const description = v.safeParse(Description, given);
  if (!description.success)
    throw unreadable(
      file,
      'its description of the model has no list of layers',
      'Models that were written as classes cannot be read: save keras.applications.ResNet50 or its like.',
    );
  return flat(description.output.config.layers, 0);
}

function flat(layers: v.InferOutput<typeof Layers>, depth: number): LayerDescription[] {
  return layers.flatMap(({ class_name: type, config: { name, epsilon, layers: inner } }) => {
    const nested = inner && depth < MAX_DEPTH ? v.safeParse(Layers, inner) : undefined;
    return nested?.success ? flat(nested.output, depth + 1) : [{ name: name ?? '', type, epsilon }];
  });
}
