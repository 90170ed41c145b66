/** Runs the real program as a person would, in a folder of its own. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../../bin/resmirror.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly ended: Promise<Ended>;
  /** When this stands on stderr. */
  readonly says: (text: string) => Promise<void>;
  readonly interrupt: () => void;
}

/** A temporary folder, removed after the tests of the file. */
export async function workplace(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'resmirror-cli-'));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts `resmirror` with these words in `cwd`. */
export function start(cwd: string, ...words: readonly string[]): Started {
  const child = spawn(process.execPath, [bin, ...words], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  const waiting: { text: string; resolve: () => void }[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const { text: wanted, resolve } of waiting) if (stderr.includes(wanted)) resolve();
  });
  return {
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr }))),
    says: (text) =>
      new Promise((resolve) => {
        if (stderr.includes(text)) resolve();
        else waiting.push({ text, resolve });
      }),
    interrupt: () => void child.kill('SIGINT'),
  };
}

/** Runs it to its end. */
export const run = (cwd: string, ...words: readonly string[]): Promise<Ended> => start(cwd, ...words).ended;

/** Runs it with --json; what it printed. */
export async function json(cwd: string, ...words: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await run(cwd, ...words, '--json');
  try {
    return JSON.parse(stdout) as Record<string, unknown>;
  } catch {
    throw new Error(`no JSON from ${words.join(' ')}: ${stdout}\n${stderr}`);
  }
}

/** A network that trains in seconds. */
export const tiny = [
  '--net',
  '{"bottleneck":false,"repeats":[1,1],"width":4}',
  '--variant',
  'cifar',
  '--size',
  '16',
  '--batch',
  '16',
];
