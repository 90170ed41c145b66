/**
 * A folder that transformers' AutoModelForImageClassification and AutoImageProcessor load: config.json, preprocessor_config.json,
 * model.safetensors. https://github.com/huggingface/transformers/blob/v4.44.0/src/transformers/models/resnet/configuration_resnet.py
 */
import { writeFolderAtomically } from '../atomic-folder.js';
import { CROPPED_BELOW, RESAMPLE } from '../folder/huggingface.js';
import type { Preprocessing } from '../model.js';
import { bareSafetensors, json, plainResNet } from './folder.js';
import type { Exported } from './state-dict.js';

/**
 * Writes the folder, which must not be there yet or be empty.
 * @throws UserError for networks that transformers' ResNet is not: other variants than imagenet, shortcuts other than B, no norm
 */
export async function writeHuggingFace(folder: string, model: Exported): Promise<void> {
  const config = configOf(model);
  await writeFolderAtomically(folder, {
    'config.json': json(config),
    'preprocessor_config.json': json(preprocessorOf(model.card.preprocessing)),
    'model.safetensors': bareSafetensors(model, 'huggingface'),
  });
}

function configOf(model: Exported) {
  const { setting, channels, stride } = plainResNet(model, "Hugging Face's ResNet");
  const { bottleneck, repeats, width } = setting;
  const { classes } = model.card;
  return {
    architectures: ['ResNetForImageClassification'],
    model_type: 'resnet',
    num_channels: channels,
    embedding_size: width,
    hidden_sizes: repeats.map((_, i) => width * 2 ** i * (bottleneck ? 4 : 1)),
    depths: repeats,
    layer_type: bottleneck ? 'bottleneck' : 'basic',
    hidden_act: 'relu',
    downsample_in_first_stage: false,
    downsample_in_bottleneck: stride === 'first', // which basic blocks do not mind
    id2label: Object.fromEntries(classes.entries()),
    label2id: Object.fromEntries(classes.map((name, i) => [name, i])),
    torch_dtype: 'float32',
  };
}

/**
 * ConvNext's processor crops a share out of square images below 384 pixels; CLIP's resizes the shorter side and crops any size out of it. Since its side
 * is a whole number, the exact share stands beside it.
 */
function preprocessorOf({ size, cropRatio, interpolation, mean, std }: Preprocessing) {
  const [height, width] = size;
  const common = {
    do_resize: true,
    resample: RESAMPLE[interpolation],
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: mean,
    image_std: std,
    crop_pct: cropRatio,
  };
  if (height === width && height < CROPPED_BELOW)
    return { image_processor_type: 'ConvNextImageProcessor', size: { shortest_edge: height }, ...common };
  return {
    image_processor_type: 'CLIPImageProcessor',
    size: { shortest_edge: Math.round(Math.min(height, width) / cropRatio) },
    do_center_crop: true,
    crop_size: { height, width },
    ...common,
  };
}
