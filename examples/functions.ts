/**
 * Both networks as functions, as in the article this project began from: images to numbers, numbers to images. Variables are made by
 * the first call and shared by name.
 *
 *   node build/examples/functions.js
 */
import { eager, float32, ResNet, TransposeResNet } from 'resmirror';

const size = 64;
const setting = { bottleneck: false, repeats: [1, 1, 1, 1], width: 16 }; // or a name, such as 'RESNET50'
const encode = ResNet(setting);
const decode = TransposeResNet(setting);

const images = float32(new Float32Array(2 * size * size * 3).fill(0.5), [2, size, size, 3]);
const vectors = await encode(images, 128, true, 'encoder');
console.log('images', images.shape, '-> vectors', vectors.shape);

const back = await decode(vectors, size, true, 'decoder');
console.log('vectors', vectors.shape, '-> images', back.shape);

const again = await encode(images, 128, false, 'encoder'); // the same variables, by running statistics
const names = Object.keys(await eager.variables('encoder'));
console.log(`${names.length} variables, the first ${names[0]}; ${again.shape}`);
await eager.reset();
