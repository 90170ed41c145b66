/** `resmirror export`: a model for other programs. */
import { NAMES } from '../weights/export/state-dict.js';
import { readModel } from '../weights/index.js';
import { command, flag, option } from './command.js';
import { usageError } from './failure.js';
import { scaled } from './figures.js';
import type { Choices } from './formats/format.js';
import { type FormatName, formatNames, formatOf, rowOf } from './formats/index.js';
import { count } from './values.js';

const list = formatNames.map((name) => `  ${name.padEnd(12)} ${rowOf(name).about}`).join('\n');

export const exportModel = command({
  arguments: { '<model>': 'a run folder, .safetensors or .onnx file, or a checkpoint of PyTorch' },
  options: {
    format: option('--format <name>', 'what to write', {
      choices: formatNames,
      usual: 'by the name of --out, or onnx',
    }),
    out: option('--out <path>', 'where', { usual: 'model.onnx, and so on' }),
    pixels: flag('--pixels', 'onnx: take bytes and prepare them inside; give probabilities or pixels'),
    keepNorms: flag('--keep-norms', 'onnx: write batch norms by themselves, not worked into the convolutions'),
    precision: option('--precision <numbers>', 'onnx: floats of 32 or 16 bits, or 8-bit numbers', {
      choices: ['fp32', 'fp16', 'int8'] as const,
      usual: 'fp32',
    }),
    calibrate: option('--calibrate <folder>', 'onnx with --precision int8: images like those to come'),
    name: option('--name <name>', 'triton: what the server calls the model', { usual: "the network's name" }),
    maxBatch: option('--max-batch <n>', 'triton: the most images that it puts together', { parse: count, usual: '32' }),
    bare: flag('--bare', 'safetensors: weights only, without the description that resmirror reads'),
    names: option('--names <program>', 'pth and bare safetensors: whose names weights have', {
      choices: NAMES,
      usual: "own, which are torchvision's where it has any",
    }),
  },
  notes: `Formats:
${list}

ONNX: input 'input' float32 [n, c, h, w], normalised by mean and std of the
preprocessing; output 'logits' [n, k] of a classifier, 'image' [n, c, h, w] of
an autoencoder. With --pixels: input 'images' uint8 [n, h, w, c], output
'probabilities' [n, k] or 'pixels' uint8 [n, h, w, c]. A model that makes images
has 'input' (with --pixels 'vectors') [n, latent + classes]: normal vectors, and
behind each its class as one-hot. The number n of images is free. Labels and
preprocessing are in metadata_props as JSON. With --precision fp16 weights and
computing are in float16, input and output stay float32.
Triton: OUT/NAME/config.pbtxt, labels.txt and 1/model.onnx, as above.
Safetensors and pth: weights under torchvision's names where it has any, or
under those of --names. What a format cannot express is refused.
Folders must not be there yet.`,
  examples: [
    ['export runs/resnet18-photos-1 --format onnx --out photos.onnx', 'for ONNX Runtime, OpenVINO, TensorRT, …'],
    ['export runs/resnet18-photos-1 --pixels --out photos.onnx', 'with the preprocessing inside'],
    ['export runs/resnet18-photos-1 --precision fp16 --out half.onnx', 'half the size'],
    ['export runs/photos --format triton --pixels --out repo', 'to be served'],
    ['export runs/resnet18-photos-1 --out photos.pth', 'for torch.load and load_state_dict'],
    [
      'export runs/resnet18-photos-1 --format huggingface --out photos',
      'for transformers, with labels and preprocessing',
    ],
    ['export runs/resnet18-photos-1 --format web --out photos', 'a page to put on any web space'],
    ['export runs/photos --names timm --out bare.safetensors', 'weights alone'],
  ],
  async run({ args, options: { format: chosen, out: place, ...choices }, terminal }) {
    const format = chosen ?? formatOf(place ?? '') ?? 'onnx';
    const { usual, load, next } = rowOf(format);
    const out = place ?? usual;
    check(format, out, choices);
    const write = await load();
    const model = await readModel(args.model);
    const bytes = await write(out, model, choices);
    terminal.print(`${model.network.name} in ${out}${bytes ? `, ${scaled(bytes)}B` : ''}`);
    if (next) terminal.print(next(out));
    return { json: { out, format, network: model.network.name } };
  },
});

/** @throws CommanderError where options contradict the format */
function check(format: FormatName, out: string, choices: Choices): void {
  const { understands } = rowOf(format);
  const unfit = (Object.keys(choices) as (keyof Choices)[]).find((choice) => !understands.includes(choice));
  if (unfit) throw usageError(`--${dashed(unfit)} does not belong to --format ${format}; leave it out`);
  const other = formatOf(out);
  if (other && other !== format)
    throw usageError(`${out} is named as ${other}, but --format is ${format}; change one of them`);
}

/** keepNorms -> keep-norms */
const dashed = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
