/** Files that torch_files.py made, and the Python that makes more. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../../test/weights/', import.meta.url);
export const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, folder));

export const SCRIPT = fileURLToPath(new URL('torch_files.py', folder));
export const PYTHON = '/usr/bin/python3'; // Debian's, which finds Debian's python3-torch
const absent = spawnSync(PYTHON, ['-c', 'import torch, torchvision']).status !== 0;
/** Options of a test that skips where there is no PyTorch. */
export const python: { skip?: string } = absent ? { skip: 'no python3-torch with python3-torchvision' } : {};
