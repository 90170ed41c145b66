/** What is exported is loaded in PyTorch, strictly, and answers as before. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { writeHuggingFace } from '../../src/weights/export/huggingface.js';
import { writeBareSafetensors } from '../../src/weights/export/safetensors.js';
import { writeTimm } from '../../src/weights/export/timm.js';
import { writeTorch } from '../../src/weights/export/torch.js';
import { importWeights } from '../../src/weights/import.js';
import { temporaryFolder, userError } from '../data/fixtures.js';
import { PYTHON, python, SCRIPT } from './fixtures.js';

const LOGITS = 1e-4;
const EXPORTS = fileURLToPath(new URL('../../../test/weights/torch_exports.py', import.meta.url));

function answers(script: string, ...words: readonly string[]) {
  const { stdout, stderr, status } = spawnSync(PYTHON, [script, ...words], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

describe('PyTorch answers the same with what was exported', () => {
  const plain = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'];
  const kin = ['resnext50_32x4d', 'resnext101_32x8d', 'wide_resnet50_2', 'wide_resnet101_2'];
  for (const name of [...plain, ...kin])
    it(name, python, async () => {
      const folder = await temporaryFolder();
      const expected: number[] = answers(SCRIPT, 'torchvision', name, folder);
      const { model } = await importWeights(join(folder, `${name}.pth`), { size: [64, 64] });
      const [pth, bare, timm, hf] = ['out.pth', 'out.safetensors', 'timm', 'hf'].map((one) => join(folder, one)) as [
        string,
        string,
        string,
        string,
      ];
      await writeTorch(pth, model);
      await writeBareSafetensors(bare, model, { names: 'torchvision' });
      await writeTimm(timm, model);
      const isPlain = plain.includes(name);
      if (isPlain) await writeHuggingFace(hf, model);
      else await assert.rejects(writeHuggingFace(hf, model), userError('plain blocks', name.replaceAll('_', '-')));
      const found: number[][] = [
        ...answers(EXPORTS, 'torchvision', name, pth, bare, join(timm, 'model.safetensors')),
        ...(isPlain ? answers(EXPORTS, 'huggingface', hf) : []),
      ];
      assert.equal(found.length, isPlain ? 4 : 3);
      for (const [i, logits] of found.entries())
        for (const [j, value] of expected.entries())
          assert.ok(Math.abs(logits[j]! - value) < LOGITS, `file ${i}, logit ${j}: ${logits[j]} and ${value}`);
      await rm(folder, { recursive: true });
    });
});
