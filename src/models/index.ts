export * from './autoencoder.js';
export * from './config.js';
export { realness } from './discriminator.js';
export { graphNetwork, retargeted } from './graph-network.js';
export { type Head, headOf, stageEnds, withHead } from './graph-parts.js';
export { GraphConfig } from './graph-record.js';
export * from './named.js';
export * from './network.js';
export {
  type Block,
  type Branch,
  type DrawnOp,
  type Outline,
  outlineOf,
  type Part,
  type Section,
  type Unit,
} from './outline.js';
export { type ResNetOptions, resnet } from './resnet.js';
export {
  describeSetting,
  type GivenSetting,
  isSameSetting,
  type Setting,
  type SettingName,
  settingNames,
  settingOf,
  settings,
} from './settings.js';
export { type LayerRow, type Summary, summarise } from './summary.js';
export { type TransposeResNetOptions, transposeResnet } from './transpose-resnet.js';
export * from './variational.js';
