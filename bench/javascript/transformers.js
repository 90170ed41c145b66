/** transformers.js on an ONNX export, which it runs on onnxruntime-node: the model alone, without its image processing. */
import { AutoModelForImageClassification, env, Tensor } from '@huggingface/transformers';
import { serve } from '../../build/bench/serve.js';
import { filled, options } from './resnet18.js';

const { size, batch } = options();
env.allowRemoteModels = false;
const folder = process.argv[process.argv.indexOf('--folder') + 1];
const model = await AutoModelForImageClassification.from_pretrained(folder, {
  local_files_only: true,
  dtype: 'fp32',
  session_options: { intraOpNumThreads: 2 },
});
const pixels = new Tensor('float32', filled(batch * 3 * size * size, 4), [batch, 3, size, size]);
await serve(() => model({ pixel_values: pixels }));
process.exit();
