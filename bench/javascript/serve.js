/**
 * Plain servers around an ONNX file, as one writes them in an hour: one image a request, no batches. They answer as resmirror does.
 *
 *   node serve.js fastify FOLDER THREADS        # fastify, sharp, onnxruntime-node
 *   node serve.js transformers FOLDER THREADS   # fastify, transformers.js with its own image processing
 *
 * FOLDER holds onnx/model.onnx and its configuration; prints the address.
 */
import { join } from 'node:path';
import fastify from 'fastify';

const [kind, folder, threads] = process.argv.slice(2);
const intraOpNumThreads = Number(threads);
const SIZE = 224;
const [MEAN, STD] = [
  [0.485, 0.456, 0.406],
  [0.229, 0.224, 0.225],
];

const classifiers = {
  async fastify() {
    const { default: sharp } = await import('sharp');
    const ort = await import('onnxruntime-node');
    const session = await ort.InferenceSession.create(join(folder, 'onnx', 'model.onnx'), { intraOpNumThreads });
    return async (bytes) => {
      const pixels = await sharp(bytes).resize(SIZE, SIZE, { fit: 'cover' }).removeAlpha().raw().toBuffer();
      const plane = SIZE * SIZE;
      const data = new Float32Array(3 * plane);
      for (let i = 0; i < plane; i++)
        for (let c = 0; c < 3; c++) data[c * plane + i] = (pixels[3 * i + c] / 255 - MEAN[c]) / STD[c];
      const { logits } = await session.run({ pixel_values: new ort.Tensor('float32', data, [1, 3, SIZE, SIZE]) });
      return best(softmax(logits.data));
    };
  },
  async transformers() {
    const { env, pipeline, RawImage } = await import('@huggingface/transformers');
    env.allowRemoteModels = false;
    const classify = await pipeline('image-classification', folder, {
      local_files_only: true,
      dtype: 'fp32',
      session_options: { intraOpNumThreads },
    });
    return async (bytes) => {
      const found = await classify(await RawImage.fromBlob(new Blob([bytes])), { top_k: 5 });
      return found.map(({ label, score }) => ({ label, probability: score }));
    };
  },
};

const softmax = (logits) => {
  const most = Math.max(...logits);
  const all = Array.from(logits, (value) => Math.exp(value - most));
  const sum = all.reduce((a, b) => a + b, 0);
  return all.map((value) => value / sum);
};
const best = (probabilities) =>
  probabilities
    .map((probability, i) => ({ label: `class ${i}`, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, 5);

const classify = await classifiers[kind]();
const app = fastify({ bodyLimit: 16_000_000 });
app.addContentTypeParser('image/jpeg', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
app.post('/classify', async ({ body }) => ({ results: [{ classes: await classify(body) }] }));
console.log(await app.listen({ port: 0, host: '127.0.0.1' }));
