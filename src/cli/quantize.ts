/** `resmirror quantize`: a model in 8-bit numbers. */
import { stat } from 'node:fs/promises';
import { modelPath, readModel, writeAtomically } from '../weights/index.js';
import { encodeOnnxModel } from '../weights/onnx-model.js';
import { command, option } from './command.js';
import { computeSettings, machineOptions } from './device.js';
import { usageError } from './failure.js';
import { counted, scaled } from './figures.js';
import { StatusLine } from './status-line.js';
import { count, seed } from './values.js';

export const quantize = command({
  arguments: {
    '<model>': 'a run folder or .safetensors file',
    '<image...>': 'images like those to come: files, or folders of them at any depth',
  },
  options: {
    out: option('--out <file.onnx>', 'where the model goes', { usual: 'model.int8.onnx' }),
    images: option('--images <n>', 'the most images to calibrate on', { parse: count, usual: '256' }),
    seed: option('--seed <n>', 'draws them', { parse: seed, usual: '0' }),
    ...machineOptions,
  },
  notes: `Static quantisation: activations as uint8 in the ranges seen on the images,
weights as int8 with a scale per output channel, written as ONNX in the QDQ
format. eval and predict take the file; so do ONNX Runtime and others. What has
no 8-bit form, transposed convolutions among it, stays in float32.`,
  examples: [
    ['quantize runs/resnet18-photos-1 ./photos --out photos.int8.onnx', 'a quarter of the size'],
    ['eval photos.int8.onnx ./photos', 'what it costs in accuracy'],
  ],
  async run({ args, options, terminal }) {
    const { out = 'model.int8.onnx', images, seed, ...compute } = options;
    if (!out.endsWith('.onnx')) throw usageError(`expected --out to end in .onnx, got ${out}`);
    const { openImages } = await import('../data/dataset.js');
    const { quantizeModel } = await import('../quantize/index.js');
    const dataset = await openImages(args.image);
    const line = new StatusLine();
    const quantised = await quantizeModel(await readModel(args.model), dataset, {
      ...(await computeSettings(compute)),
      ...(images && { images }),
      ...(seed !== undefined && { seed }),
      onBatch: (done, of) =>
        line.update(
          () => `${done} of ${counted(of, 'image')}`,
          () => `${done} of ${counted(of, 'image')}`,
        ),
    });
    line.clear();
    const bytes = encodeOnnxModel(quantised);
    await writeAtomically(out, [bytes]);
    const before = (await stat(await modelPath(args.model))).size;
    terminal.print(`${quantised.network.name} in ${out}, ${scaled(bytes.length)}B instead of ${scaled(before)}B`);
    return { json: { out, network: quantised.network.name, bytes: bytes.length, before } };
  },
});
