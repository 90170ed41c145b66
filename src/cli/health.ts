/** What `doctor` looks at. Each check says what it found; one that throws has failed. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, release, totalmem } from 'node:os';
import { type Device, devices, type Target } from '../runtime/index.js';
import { VERSION } from '../version.js';
import { tried } from './device-survey.js';

export interface Check {
  readonly name: string;
  /** `absent`: what most machines do without, as a GPU. */
  readonly state: 'ok' | 'absent' | 'warn' | 'fail';
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
    const { sharp } = await import('../data/sharp.js');
    const formats = ['jpeg', 'png', 'webp', 'gif', 'heif', 'tiff'] as const;
    const read = formats.filter((format) => sharp.format[format].input.buffer);
    const text = `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}; reads ${read.join(', ').replace('heif', 'avif')}`;
    return read.length === formats.length
      ? { state: 'ok', text }
      : { state: 'warn', text, todo: 'Some formats are missing: install sharp again, with its own libvips.' };
  },
  engine: async () => ({ state: 'ok', text: `onnxruntime ${await packageVersion('onnxruntime-node')}` }),
  ...Object.fromEntries(Object.keys(devices).map((name) => [name, () => deviceCheck(name as Device)])),
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

/** That a device works, how fast it multiplies matrices, and what it leaves to the CPU. */
async function deviceCheck(device: Device): Promise<Finding> {
  try {
    const { threads, gflops, target, halves } = await tried(device, 'speed');
    const speed = `${gflops.toFixed(0)} GFLOP/s in products of matrices`;
    if (device === 'cpu')
      return {
        state: 'ok',
        text: `works with ${threads} threads, ${speed}, ${layouts[target]}`,
        facts: { threads, gflops, target },
      };
    const { ran, fallbacks } = await tried(device, 'fallbacks');
    const names = Object.entries(fallbacks).map(([op, times]) => `${op} (${times})`);
    const left = names.length > 0 ? `leaves to the CPU: ${names.join(', ')}` : 'leaves nothing to the CPU';
    return {
      state: 'ok',
      text: `works, ${speed}, ${halves ? 'with' : 'without'} 16-bit floats; of ${ran} operators of training steps ${left}`,
      facts: { gflops, target, halves, ran, fallbacks },
    };
  } catch (error) {
    if (device === 'cpu') throw error;
    return { state: 'absent', text: `not here: ${(error as Error).message}` };
  }
}
