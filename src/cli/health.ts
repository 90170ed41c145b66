/** What `doctor` looks at. Each check says what it found; one that throws has failed. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, release, totalmem } from 'node:os';
import { input, matmul, type Value } from '../graph/index.js';
import { defaultThreads, devices, float32, openRuntime, type Target } from '../runtime/index.js';
import { VERSION } from '../version.js';

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** What to do about it. */
  readonly todo?: string;
  /** Figures, for programs. */
  readonly facts?: object;
}
type Finding = Omit<Check, 'name'>;

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

export const checks: Readonly<Record<string, () => Promise<Finding>>> = {
  resmirror: async () => ({ state: 'ok', text: VERSION }),
  node: async () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const text = `${process.version} on ${process.platform} ${release()}, ${process.arch}`;
    return major > 20 || (major === 20 && minor >= 19)
      ? { state: 'ok', text }
      : { state: 'fail', text, todo: 'Install Node 20.19 or later: https://nodejs.org' };
  },
  processor: async () => {
    const model = cpus()[0]?.model.trim() ?? 'unknown';
    const vectors = await vectorExtensions();
    const text = `${model}, ${availableParallelism()} of ${cpus().length} cores${vectors.length > 0 ? `, ${vectors.join(', ')}` : ''}`;
    return vectors.length === 0 && process.platform === 'linux' && process.arch === 'x64'
      ? { state: 'warn', text, todo: 'Without AVX2 training is several times slower.' }
      : { state: 'ok', text };
  },
  memory: async () => {
    const [total, free] = [totalmem(), freemem()];
    const text = `${gigabytes(total)}, ${gigabytes(free)} of it free`;
    return total < 3e9
      ? { state: 'warn', text, todo: 'Little: choose small networks, and a small --batch.' }
      : { state: 'ok', text, facts: { total, free } };
  },
  images: async () => {
    const { default: sharp } = await import('sharp');
    const formats = ['jpeg', 'png', 'webp', 'gif', 'heif', 'tiff'] as const;
    const read = formats.filter((format) => sharp.format[format].input.buffer);
    const text = `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}; reads ${read.join(', ').replace('heif', 'avif')}`;
    return read.length === formats.length
      ? { state: 'ok', text }
      : { state: 'warn', text, todo: 'Some formats are missing: install sharp again, with its own libvips.' };
  },
  engine: async () => ({ state: 'ok', text: `onnxruntime ${await packageVersion('onnxruntime-node')}` }),
  ...Object.fromEntries(Object.keys(devices).map((name) => [name, () => deviceCheck(name as keyof typeof devices)])),
};

/** AVX2 and AVX-512 by the kernel's word; nothing where there is no /proc/cpuinfo. */
async function vectorExtensions(): Promise<string[]> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = new Set(/^flags\s*:(.*)$/m.exec(text)?.[1]?.trim().split(' ') ?? []);
  const names = { avx2: 'AVX2', avx512f: 'AVX-512', avx512_vnni: 'VNNI', amx_tile: 'AMX' };
  return Object.entries(names)
    .filter(([name]) => flags.has(name))
    .map(([, label]) => label);
}

async function packageVersion(name: string): Promise<string> {
  const manifest = new URL('../package.json', import.meta.resolve(name));
  return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version;
}

const layouts: Readonly<Record<Target, string>> = {
  portable: 'trains on plain channels',
  webgpu: 'trains on plain channels',
  blocked8: 'trains on channels in blocks of 8',
  blocked16: 'trains on channels in blocks of 16',
};

const SIDE = 512;
const PRODUCTS = 8;
const SECONDS = 0.3;

/** Multiplies matrices for a moment: that the device works, and how fast. */
async function deviceCheck(device: keyof typeof devices): Promise<Finding> {
  const threads = defaultThreads();
  const runtime = openRuntime({ device, threads });
  try {
    const [a, b] = [input('a', [SIDE, SIDE]), input('b', [SIDE, SIDE])];
    // a chain, so that computing outweighs the way to the engine and back
    let chain: Value = a;
    for (let i = 0; i < PRODUCTS; i++) chain = matmul(chain, b);
    const program = await runtime.compile({ name: 'matrix products', outputs: { product: chain } });
    const ones = float32(new Float32Array(SIDE * SIDE).fill(1 / SIDE), [SIDE, SIDE]);
    const { product } = await program.run({ a: ones, b: ones });
    if (Math.abs(Number(product!.data[0]) - 1 / SIDE) > 1e-6) throw new Error(`${device} computes wrong products`);
    let runs = 0;
    const begun = performance.now();
    while (performance.now() - begun < SECONDS * 1000) {
      await program.run({ a: ones, b: ones });
      runs++;
    }
    const gflops = (runs * PRODUCTS * 2 * SIDE ** 3) / ((performance.now() - begun) * 1e6);
    return {
      state: 'ok',
      text: `works with ${threads} threads, ${gflops.toFixed(0)} GFLOP/s in products of ${SIDE} × ${SIDE} matrices, ${layouts[await runtime.target()]}`,
      facts: { threads, gflops, target: await runtime.target() },
    };
  } finally {
    await runtime.close();
  }
}
