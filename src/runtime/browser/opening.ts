/** What the worker is told first. */
export interface EngineFiles {
  /** Address of a build of onnxruntime-web as a module. */
  readonly module: string;
  /** Address of its WebAssembly, or the bytes. */
  readonly code: string | ArrayBuffer;
}

export interface Opening extends EngineFiles {
  readonly threads: number;
}
