/**
 * resmirror: residual networks in both directions.
 *
 * From top to bottom: whole jobs (`train`, `resume`, `load`), networks (`resnet`, `transposeResnet`, `autoencoder`), and what
 * both are made of (`graph`, `nn`, `optim`, `backward`, `openRuntime`, `Learner`) for networks of one's own.
 *
 * @module resmirror
 */
export { backward, hasDerivative, type Obstacle, withoutDerivative } from './autodiff/index.js';
export { type Communicator, oneProcess, openCommunicator } from './communicator/index.js';
export {
  type Batch,
  type Batches,
  type EpochOptions,
  Loader,
  type LoaderOptions,
  type Skipped,
} from './data/batches.js';
export { type Dataset, openData, openImages, type Splits } from './data/dataset.js';
export { type DrawnOptions, drawnDataset, writeDrawnFolder } from './data/drawn/index.js';
export { type WriteShardsOptions, type WrittenShards, writeShards } from './data/shards/write-shards.js';
export type { Compression } from './distributed/index.js';
/** Networks called like functions, with variables that are kept by scope. */
export * as eager from './eager/index.js';
export { ResNet, TransposeResNet } from './eager/index.js';
export { UserError } from './errors.js';
/** Values and operators: what networks, losses and updates are made of. */
export * as graph from './graph/index.js';
export { Explainer, type ExplainOptions, loadExplainer } from './inference/explainer.js';
export type { Attributions, ClassMap } from './inference/explanation.js';
export { type Filters, filterPictures } from './inference/filters.js';
export { type Features, frechetDistance } from './inference/frechet.js';
export { Generator } from './inference/generator.js';
export {
  type Answer,
  type ClassScore,
  load,
  type OpenModelOptions,
  Predictor,
} from './inference/index.js';
export {
  type Features as LayerFeatures,
  layersOf,
  type NamedFeatures,
  stagesOfImages,
} from './inference/layers.js';
export { principalPictures } from './inference/map-pictures.js';
export { drawAttributions, drawClassMap, type Raster } from './inference/overlay.js';
export { type Point, randomPoints, randomVector, spherical } from './inference/points.js';
export { questionGraph } from './inference/questions.js';
export { type KeptVectors, modelKey, vectorsOf } from './inference/search/folder-vectors.js';
export { ImageIndex, type ImageVector, type Neighbour } from './inference/search/image-index.js';
export { readVectors, type VectorsFile, type WrittenVector, writeVectors } from './inference/search/vectors-file.js';
export { lower } from './lower/index.js';
export * from './models/index.js';
/** Layers: functions from value to value that ask for parameters by name. */
export * as nn from './nn/index.js';
export { type OnnxModel, type WriteOptions, writeOnnx } from './onnx/index.js';
export { type ReadOptions, readOnnx } from './onnx/read.js';
/** Losses, optimisers, schedules, and the training step as a graph. */
export * as optim from './optim/index.js';
export { type QuantizeOptions, quantizeModel } from './quantize/index.js';
export * from './runtime/index.js';
export type { BatchChoice } from './train/batch-size.js';
export { compareRuns, type RunComparison, type RunSummary } from './train/compare.js';
export { type EvaluateModelOptions, evaluateModel, type ModelEvaluation, type Split } from './train/evaluate-model.js';
export { type EvaluateShardsOptions, evaluateShards, type ShardsEvaluation } from './train/evaluate-shards.js';
export type { StartEvent, StepEvent, TrainEvents } from './train/events.js';
export type { ExtraOptions } from './train/extras.js';
export { type FeatureDistance, type FeatureDistanceOptions, featureDistance } from './train/feature-distance.js';
export {
  type FindOptions,
  type FoundRates,
  findLearningRate,
  type RatePoint,
  type RateSuggestion,
} from './train/find-learning-rate.js';
export type { FitOptions } from './train/fit.js';
export { Learner, type LearnerOptions } from './train/learner.js';
export type { RateOptions } from './train/learning-rates.js';
export type { TimeChoice } from './train/pace.js';
export { planTraining, type TrainOptions } from './train/plan.js';
export { type ProbeOptions, type ProbeResult, probe } from './train/probe.js';
export { type Records, readRecords } from './train/records/index.js';
export type { EpochRecord, StepRecord } from './train/report/index.js';
export { drawNetwork } from './train/report/network-picture.js';
export type { Evaluation } from './train/tasks/index.js';
export { type RunOptions, resume, type TrainResult, train } from './train/train.js';
export { VERSION } from './version.js';
export { writeHuggingFace } from './weights/export/huggingface.js';
export { writeBareSafetensors } from './weights/export/safetensors.js';
export type { Names } from './weights/export/state-dict.js';
export { writeTimm } from './weights/export/timm.js';
export { writeTorch } from './weights/export/torch.js';
export { type Imported, type ImportOptions, importWeights } from './weights/import.js';
export {
  type Model,
  type ModelCard,
  npyRows,
  type Preprocessing,
  type ReadModelOptions,
  readModel,
  type Weights,
  writeModel,
} from './weights/index.js';
export { decodeOnnxModel, type EncodeOptions, encodeOnnxModel } from './weights/onnx-model.js';
