/**
 * A folder that timm.create_model('local-dir:…') loads: config.json and model.safetensors.
 * https://github.com/huggingface/pytorch-image-models/blob/v1.0.9/timm/models/_hub.py (save_for_hf)
 */
import { UserError } from '../../errors.js';
import { writeFolderAtomically } from '../atomic-folder.js';
import { ARCHITECTURES } from '../folder/timm.js';
import { bareSafetensors, json, plainResNet } from './folder.js';
import type { Exported } from './state-dict.js';

/**
 * Writes the folder, which must not be there yet or be empty.
 * @throws UserError for networks that timm has no name for: only settings of its table, which stride in the middle of a bottleneck
 */
export async function writeTimm(folder: string, model: Exported): Promise<void> {
  const config = configOf(model);
  await writeFolderAtomically(folder, {
    'config.json': json(config),
    'model.safetensors': bareSafetensors(model, 'timm'),
  });
}

function configOf(model: Exported) {
  const { setting, channels, stride } = plainResNet(model, 'timm');
  const { bottleneck, repeats, width } = setting;
  const found = Object.entries(ARCHITECTURES).find(
    ([, known]) => known.bottleneck === bottleneck && `${known.repeats}` === `${repeats}` && known.width === width,
  );
  if (!found)
    throw new UserError(
      `timm has no name for blocks ${repeats.join('-')} of width ${width}; it knows ${Object.keys(ARCHITECTURES).join(', ')}. Export safetensors with --names timm instead.`,
    );
  if (bottleneck && stride === 'first')
    throw new UserError(
      `timm's ${found[0]} strides in the middle of a block, this model in its first convolution. Export huggingface instead.`,
    );
  const { classes, preprocessing } = model.card;
  const { size, interpolation, cropRatio, mean, std } = preprocessing;
  return {
    architecture: found[0],
    num_classes: classes.length,
    num_features: width * 2 ** (repeats.length - 1) * (bottleneck ? 4 : 1),
    global_pool: 'avg',
    label_names: classes,
    ...(channels !== 3 && { model_args: { in_chans: channels } }),
    pretrained_cfg: {
      custom_load: false,
      input_size: [channels, ...size],
      fixed_input_size: false,
      interpolation,
      crop_pct: cropRatio,
      crop_mode: 'center',
      mean,
      std,
      num_classes: classes.length,
      pool_size: size.map((side) => side / 32),
      first_conv: 'conv1',
      classifier: 'fc',
    },
  };
}
