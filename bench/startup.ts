/** CPU time of a fresh process from its start to its end: what a person waits for, and what a function in a cloud pays. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildNetwork, nn, resnet, writeDrawnFolder, writeModel } from 'resmirror';
import { print, type Settings } from './settings.js';

/** Tells what the process took, user and system, on the last line of stderr. */
const TELL = `data:text/javascript,process.on('exit',()=>console.error(JSON.stringify(process.cpuUsage())))`;

function cpuSeconds(args: readonly string[]): number {
  const command = ['--import', TELL, 'bin/resmirror.js', ...args];
  const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`resmirror ${args.join(' ')} ended with ${status}: ${stderr}`);
  const { user, system } = JSON.parse(stderr.trim().split('\n').at(-1)!) as NodeJS.CpuUsage;
  return (user + system) / 1e6;
}

/** An untrained ResNet-50 for 224 pixels in a file, and an image. */
async function modelAndImage(folder: string): Promise<readonly [model: string, image: string]> {
  const classes = Array.from({ length: 1000 }, (_, i) => `class ${i}`);
  const network = resnet('RESNET50', { size: 224 });
  const weights = nn.initialise([...buildNetwork(network, { batch: 1 }).build.parameters.values()], 0);
  const preprocessing = {
    size: [224, 224] as const,
    channels: 3 as const,
    cropRatio: 0.875,
    interpolation: 'bilinear' as const,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  };
  const model = join(folder, 'resnet50.safetensors');
  const card = {
    format: 1 as const,
    task: 'classify' as const,
    network: network.config,
    preprocessing,
    classes,
    metrics: {},
  };
  await writeModel(model, { card, weights });
  const [image] = await writeDrawnFolder(join(folder, 'images'));
  return [model, image!];
}

export async function startup({ rounds, wanted }: Settings): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'resmirror-bench-'));
  try {
    const works: Readonly<Record<string, readonly string[]>> = {
      '--help': ['--help'],
      'summary resnet50': ['summary', 'resnet50'],
      'predict, ResNet-50, one image': ['predict', ...(await modelAndImage(folder))],
    };
    print(['fresh process', 'CPU time, s (median)', 'fastest'], '---');
    for (const [name, args] of Object.entries(works)) {
      if (!wanted(name)) continue;
      const taken = Array.from({ length: rounds }, () => cpuSeconds(args)).sort((a, b) => a - b);
      print([name, taken[rounds >> 1]!.toFixed(2), taken[0]!.toFixed(2)]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
