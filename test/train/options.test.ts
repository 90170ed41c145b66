/** Networks of every option learn, in both directions, and are read back as they were. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeSetting, type GivenSetting } from '../../src/models/index.js';
import { evaluateModel } from '../../src/train/evaluate-model.js';
import { train } from '../../src/train/train.js';
import { newFolder, tiny } from './tiny.js';

const everything: GivenSetting = {
  ...{ bottleneck: true, repeats: [1, 1], width: 16, groups: 4, widthPerGroup: 32, reduction: 4 },
  ...({ stem: 'deep', downsample: 'average', attention: 'se' } as const),
};
const settings: readonly GivenSetting[] = [everything, { ...everything, preactivation: true }];
const shared = { ...tiny, variant: 'imagenet', size: 32, epochs: 4 } as const;

for (const setting of settings)
  describe(`norms ${setting.preactivation ? 'before' : 'behind'} convolutions`, () => {
    it('classify: the loss falls, and the file says what the training said', async () => {
      const out = await newFolder();
      const network = describeSetting(setting);
      const { history } = await train({ ...shared, net: JSON.stringify(setting), learningRate: 0.05, out });
      const losses = history.map(({ trainLoss }) => trainLoss);
      assert.ok(losses.at(-1)! < losses[0]! - 0.05, `${losses}`);
      const { model, metrics } = await evaluateModel(out, tiny.data, { threads: 1 });
      assert.equal(model.network.config.kind === 'resnet' && describeSetting(model.network.config.setting), network);
      assert.equal(metrics.accuracy, model.card.metrics.accuracy);
    });

    it('reconstruct: the mirror of every option learns too', async () => {
      const out = await newFolder();
      const { history } = await train({
        ...{ ...shared, task: 'reconstruct', latent: 16, recompute: true, zeroGamma: true },
        ...{ net: JSON.stringify(setting), out },
      });
      const losses = history.map(({ trainLoss }) => trainLoss);
      assert.ok(losses.at(-1)! < 0.8 * losses[0]!, `${losses}`);
    });
  });
