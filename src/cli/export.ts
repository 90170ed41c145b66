/** `resmirror export`: a model for other programs. */
import { generationGraph } from '../inference/generator.js';
import { questionGraph } from '../inference/index.js';
import { writeOnnx } from '../onnx/index.js';
import { type Model, readModel, writeAtomically, writeModel, writeSafetensors } from '../weights/index.js';
import { encodeOnnxModel, onnxMetadata } from '../weights/onnx-model.js';
import { command, flag, option } from './command.js';
import { usageError } from './failure.js';
import { scaled } from './figures.js';

const formats = ['onnx', 'safetensors'] as const;
type Format = (typeof formats)[number];

export const exportModel = command({
  arguments: { '<model>': 'a run folder, .safetensors or .onnx file' },
  options: {
    format: option('--format <name>', 'what to write', { choices: formats, usual: 'by the name of --out, or onnx' }),
    out: option('--out <file>', 'where', { usual: 'model.onnx or model.safetensors' }),
    pixels: flag('--pixels', 'onnx: take bytes and prepare them inside; give probabilities or pixels'),
    bare: flag('--bare', 'safetensors: weights only, without the description that resmirror reads'),
  },
  notes: `ONNX: input 'input' float32 [n, c, h, w], normalised by mean and std of the
preprocessing; output 'logits' [n, k] of a classifier, 'image' [n, c, h, w] of
an autoencoder. With --pixels: input 'images' uint8 [n, h, w, c], output
'probabilities' [n, k] or 'pixels' uint8 [n, h, w, c]. A model that makes images
has 'input' (with --pixels 'vectors') [n, latent + classes]: normal vectors, and
behind each its class as one-hot. The number n of images is free. Labels and
preprocessing are in metadata_props as JSON.
Safetensors: weights under torchvision's names where it has any.`,
  examples: [
    ['export runs/resnet18-photos-1 --format onnx --out photos.onnx', 'for ONNX Runtime, OpenVINO, TensorRT, …'],
    ['export runs/resnet18-photos-1 --pixels --out photos.onnx', 'with the preprocessing inside'],
    ['export runs/resnet18-photos-1 --bare --out weights.safetensors', 'for PyTorch'],
  ],
  async run({ args, options, terminal }) {
    const { pixels = false, bare = false } = options;
    const format = options.format ?? (options.out?.endsWith('.safetensors') ? 'safetensors' : 'onnx');
    const unfit = { onnx: bare && '--bare', safetensors: pixels && '--pixels' }[format];
    if (unfit) throw usageError(`${unfit} does not belong to --format ${format}; leave it out`);
    const { out = `model.${format}` } = options;
    const model = await readModel(args.model);
    const bytes = await writers[format](out, model, { pixels, bare });
    terminal.print(`${model.network.name} in ${out}${bytes ? `, ${scaled(bytes)}B` : ''}`);
    return { json: { out, format, network: model.network.name } };
  },
});

interface Choices {
  readonly pixels: boolean;
  readonly bare: boolean;
}

/** Format -> writes the file whole; resolves to its size where that is known. */
const writers: {
  readonly [F in Format]: (out: string, model: Model, choices: Choices) => Promise<number | undefined>;
} = {
  onnx: async (out, model, { pixels }) => {
    const bytes = onnxOf(model, { pixels });
    await writeAtomically(out, [bytes]);
    return bytes.length;
  },
  safetensors: async (out, model, { bare }) => {
    const tensors = Object.entries(model.weights);
    await (bare ? writeSafetensors(out, { tensors, metadata: { format: 'pt' } }) : writeModel(out, model));
    return undefined;
  },
};

/** The ONNX file of a model: its network alone, or with pixels in and answers out. */
export function onnxOf(model: Model, { pixels = false } = {}): Uint8Array {
  if (!pixels) return encodeOnnxModel(model);
  const { card } = model;
  const graph = card.task === 'generate' ? generationGraph(model, 'n') : questionGraph(card.task, model, 'n');
  return writeOnnx(graph, {
    weights: new Map(Object.entries(model.weights)),
    metadata: onnxMetadata(card),
  });
}
