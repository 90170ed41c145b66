/** The project that a reader of a guide has: the package, some images, and programs that guides ask for. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import sharp from 'sharp';
import { writeDrawnFolder } from '../../src/data/drawn/index.js';

/** What guides tell to install, by where it lies here. */
const PACKAGES = ['hono', '@hono/node-server', 'onnxruntime-web', 'onnxruntime-node', 'sharp', 'vite'];
const TOOLS = ['express'];

/** Packages that guides use and that are not here. */
export const missing = (): readonly string[] => TOOLS.filter((name) => !existsSync(`tools/node_modules/${name}`));

/** Resolves to a folder with `photos/class/*.png`, `cat.jpg`, and node_modules. */
export async function project(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'resmirror-guide-'));
  const link = async (from: string, to: string) => {
    await mkdir(dirname(join(folder, to)), { recursive: true });
    await symlink(resolve(from), join(folder, to));
  };
  await link('.', 'node_modules/resmirror');
  await link('bin/resmirror.js', 'node_modules/.bin/resmirror');
  await link('node_modules/.bin/vite', 'node_modules/.bin/vite');
  for (const name of PACKAGES) await link(`node_modules/${name}`, `node_modules/${name}`);
  for (const name of TOOLS)
    if (!missing().includes(name)) await link(`tools/node_modules/${name}`, `node_modules/${name}`);
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  for (const image of await writeDrawnFolder(join(folder, 'drawn'), { perClass: 12, size: 32 })) {
    const of = join(folder, 'photos', basename(image).replace(/-.*/, ''));
    await mkdir(of, { recursive: true });
    await rename(image, join(of, basename(image)));
  }
  const [some] = await readdir(join(folder, 'photos/star'));
  await sharp(join(folder, 'photos/star', some!))
    .jpeg()
    .toFile(join(folder, 'cat.jpg'));
  await cp('examples/page', join(folder, 'page'), { recursive: true });
  return folder;
}

/** A port that nothing listens at. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}
