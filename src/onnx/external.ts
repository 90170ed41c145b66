/**
 * Where the numbers of a tensor lie in a file: ONNX's external data (onnx.proto3, TensorProto.external_data). The engine maps such a file into memory, so
 * that nothing is copied, and refuses locations outside of the folder that it is told.
 */
export interface ExternalData {
  /** The folder that holds the file, absolute and without links; one for all tensors of a model. */
  readonly folder: string;
  /** The file's name in it. */
  readonly location: string;
  /** First byte of the numbers in the file, a multiple of 4, and how many bytes they are. */
  readonly offset: number;
  readonly length: number;
}
