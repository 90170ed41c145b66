/**
 * A model as an ONNX file, run by ONNX Runtime alone: no other program needs this one.
 *
 *   node build/examples/export-onnx.js [MODEL]
 */
import { writeFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeOnnxModel, graph, nn, openRuntime, readModel } from 'resmirror';

const [run = 'runs/classify'] = process.argv.slice(2);
const model = await readModel(run);
const bytes = encodeOnnxModel(model, { foldNorms: true });
await writeFile('model.onnx', bytes);
console.log(`model.onnx, ${bytes.length} bytes`);

const { size, channels } = model.card.preprocessing;
const shape = [1, channels, ...size];
const image = Float32Array.from({ length: channels * size[0] * size[1] }, (_, i) => Math.sin(i));

const session = await InferenceSession.create('model.onnx');
const [name] = session.inputNames;
const { logits } = await session.run({ [name!]: new Tensor('float32', image, shape) });

const runtime = openRuntime();
const y = model.network.forward(graph.input('x', shape), new nn.Build());
const program = await runtime.compile({ name: 'the same', outputs: { y } }, { weights: model.weights });
const here = await program.run({ x: { dtype: 'float32', shape, data: image } });
await runtime.close();

const apart = Array.from(here.y!.data as Float32Array, (v, i) => Math.abs(v - Number(logits!.data[i])));
console.log(`logits of both are ${Math.max(...apart).toExponential(1)} apart at most`);
