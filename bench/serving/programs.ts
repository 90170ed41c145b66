/** The programs that a load is put on: servers that print their address, and what they are asked. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildNetwork, type ModelCard, networkNamed, nn, Predictor, writeModel } from 'resmirror';
import sharp from 'sharp';
import { PYTHON } from '../settings.js';
import { ask, type Question, said, same } from './load.js';

export const SIZE = 224;
const IMAGES = 16;
const LENGTH = 'Inference-Header-Content-Length';
const CLASSES = Array.from({ length: 1000 }, (_, i) => `class ${i}`);

export interface Questions {
  readonly tensors: readonly Question[];
  /** The same with the pixels as JSON. */
  readonly numbers: readonly Question[];
  readonly images: readonly Question[];
}

/** A ResNet-18 of drawn weights in a file, and what it answers to drawn photos, as `Predictor` says. */
export async function drawnModel(folder: string): Promise<Questions & { readonly model: string }> {
  const network = networkNamed('resnet18', { size: SIZE });
  const preprocessing = {
    ...nn.imagenetNormalisation,
    size: [SIZE, SIZE] as const,
    channels: 3 as const,
    cropRatio: 0.875,
    interpolation: 'bilinear' as const,
  };
  const card: ModelCard = {
    format: 1,
    task: 'classify',
    network: network.config,
    preprocessing,
    classes: CLASSES,
    metrics: {},
  };
  const weights = nn.initialise([...buildNetwork(network).build.parameters.values()], 0);
  const model = join(folder, 'resnet18.safetensors');
  await writeModel(model, { card, weights });
  const photos = await Promise.all(Array.from({ length: IMAGES }, (_, i) => drawnPhoto(i)));
  const paths = photos.map((bytes, i) => {
    const path = join(folder, `${i}.jpg`);
    writeFileSync(path, bytes);
    return path;
  });
  const predictor = Predictor.open({ card, network, weights });
  const [tensors, numbers, images]: [Question[], Question[], Question[]] = [[], [], []];
  for await (const { seen, value } of predictor.classify(paths, { top: CLASSES.length })) {
    const by = new Map(value.map(({ label, probability }) => [label, probability]));
    const probabilities = Float32Array.from(CLASSES, (name) => by.get(name)!);
    tensors.push(tensorQuestion(seen.slice(), probabilities));
    numbers.push(numbersQuestion(seen, probabilities));
    images.push({ ...imageQuestion(photos[images.length]!), expected: value.slice(0, 5) });
  }
  await predictor.close();
  return { model, tensors: distinct(tensors), numbers, images: distinct(images) };
}

const imageQuestion = (body: Uint8Array) => ({
  path: '/v1/models/resnet18/classify',
  headers: { 'Content-Type': 'image/jpeg' },
  body,
});

function tensorQuestion(pixels: Uint8Array, expected: Float32Array): Question {
  const shape = [1, SIZE, SIZE, 3];
  const inputs = [{ name: 'images', shape, datatype: 'UINT8', parameters: { binary_data_size: pixels.length } }];
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  return {
    path: '/v2/models/resnet18/infer',
    headers: { 'Content-Type': 'application/octet-stream', [LENGTH]: `${head.length}` },
    body: Buffer.concat([head, pixels]),
    expected,
  };
}

function numbersQuestion(pixels: Uint8Array, expected: Float32Array): Question {
  const inputs = [{ name: 'images', shape: [1, SIZE, SIZE, 3], datatype: 'UINT8', data: Array.from(pixels) }];
  const body = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  const path = '/v2/models/resnet18/infer';
  return { path, headers: { 'Content-Type': 'application/json' }, body, expected };
}

/** A JPEG of 500 x 375 pixels with waves and noise of its own. */
function drawnPhoto(number: number): Promise<Buffer> {
  const [height, width] = [375, 500];
  const pixels = Buffer.alloc(3 * height * width);
  for (let i = 0; i < pixels.length; i++) {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const wave = Math.sin((x * (1 + (number % 4)) + y * (1 + (number >> 2))) / 40 + 2 * c + number);
    pixels[i] =
      40 + 11 * ((number * (c + 3)) % IMAGES) + (20 + 4 * number) * wave + 20 * Math.sin(i * 12.9898 + number);
  }
  return sharp(pixels, { raw: { height, width, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** @throws where a wrong answer could pass for a right one */
function distinct(questions: readonly Question[]): readonly Question[] {
  for (const [i, one] of questions.entries())
    for (const other of questions.slice(i + 1))
      if (same(one.expected, other.expected)) throw new Error('two of the images have the same answer');
  return questions;
}

/** PyTorch's export of the network in a folder as transformers.js wants it. */
export function exported(folder: string): string {
  const file = join(folder, 'onnx', 'model.onnx');
  mkdirSync(join(folder, 'onnx'));
  const write = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value));
  const id2label = Object.fromEntries(CLASSES.map((name, i) => [i, name]));
  write('config.json', { model_type: 'resnet', architectures: ['ResNetForImageClassification'], id2label });
  write('preprocessor_config.json', {
    image_processor_type: 'ViTImageProcessor',
    do_resize: true,
    size: { height: SIZE, width: SIZE },
    do_rescale: true,
    do_normalize: true,
    image_mean: nn.imagenetNormalisation.mean,
    image_std: nn.imagenetNormalisation.std,
  });
  const args = ['bench/torch/forward.py', 'resnet18', '--size', `${SIZE}`, '--export', file];
  const { status, stderr } = spawnSync(PYTHON, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`PyTorch could not export resnet18: ${stderr}`);
  return file;
}

/** A server in a process of its own. */
export class Program {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** Starts it, and waits for its address on stdout. */
  static async start(args: readonly string[], log: 'ignore' | 'inherit' = 'ignore'): Promise<Program> {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', log] });
    for await (const line of createInterface(child.stdout!)) {
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (!url) continue;
      child.stdout!.resume();
      return new Program(child, url);
    }
    throw new Error(`${args.join(' ')} ended without an address`);
  }

  static serve(model: string, options: readonly string[]): Promise<Program> {
    return Program.start(['bin/resmirror.js', 'serve', model, '--port', '0', ...options]);
  }

  /** Figures, of the first question where they are told of several; NaN where there are none. Delays are counted anew from here. */
  async figures(names: readonly string[]): Promise<readonly number[]> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return names.map((name) => Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1]));
  }

  /** Milliseconds of CPU time so far, as Linux counts them in hundredths of a second; NaN elsewhere. */
  get cpu(): number {
    if (process.platform !== 'linux') return Number.NaN;
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12])); // utime and stime, which are 14 and 15 in proc(5)
  }

  /** The same images for a server that answers at /classify, and what it says when it is asked nothing else. */
  async asked(images: readonly Question[]): Promise<readonly Question[]> {
    const agent = new Agent();
    const found: Question[] = [];
    for (const image of images) {
      const question = { ...image, path: '/classify' };
      const answer = await ask(this.url, question, agent);
      if (answer.status !== 200) throw new Error(`a peer answers ${answer.status}: ${answer.body}`);
      found.push({ ...question, expected: said(answer) });
    }
    return distinct(found);
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}
