/** The formats of `resmirror export`: a new one is a row here, and a file beside it. */
import { shellLine } from '../shell.js';
import type { FormatRow } from './format.js';

export const formats = {
  onnx: {
    about: 'for ONNX Runtime, OpenVINO, TensorRT, …',
    endings: ['.onnx'],
    usual: 'model.onnx',
    understands: ['pixels', 'keepNorms', 'precision', 'calibrate'],
    load: async () => (await import('./onnx.js')).writeOnnxModel,
  },
  safetensors: {
    about: 'a model of resmirror, or weights alone',
    endings: ['.safetensors'],
    usual: 'model.safetensors',
    understands: ['bare', 'names'],
    load: async () => (await import('./safetensors.js')).writeSafetensorsModel,
  },
  pth: {
    about: "a state_dict for PyTorch's load_state_dict",
    endings: ['.pth', '.pt'],
    usual: 'model.pth',
    understands: ['names'],
    load: async () => (await import('./pth.js')).writeCheckpoint,
  },
  huggingface: {
    about: "a folder for transformers' from_pretrained",
    endings: [],
    usual: 'model-huggingface',
    understands: [],
    load: async () => (await import('./huggingface.js')).writeHuggingFaceFolder,
  },
  timm: {
    about: "a folder for timm's create_model",
    endings: [],
    usual: 'model-timm',
    understands: [],
    load: async () => (await import('./timm.js')).writeTimmFolder,
  },
  triton: {
    about: 'a repository for Triton Inference Server, in folder --out',
    endings: [],
    usual: 'model_repository',
    understands: ['pixels', 'keepNorms', 'precision', 'calibrate', 'name', 'maxBatch'],
    load: async () => (await import('./triton.js')).writeTritonModel,
  },
  web: {
    about: 'a folder with a page that runs the model in any browser',
    endings: [],
    usual: 'model-web',
    understands: [],
    load: async () => (await import('./web.js')).writeWebPage,
    next: (out) =>
      `serve it with any web server, such as ${shellLine(['python3', '-m', 'http.server', '--directory', out])}, then open http://localhost:8000`,
  },
} as const satisfies Readonly<Record<string, FormatRow>>;
export type FormatName = keyof typeof formats;

export const formatNames = Object.keys(formats) as readonly FormatName[];

/** The row under its name, with what all rows have in common. */
export const rowOf = (name: FormatName): FormatRow => formats[name];

/** The format that files of such a name have, if any. */
export const formatOf = (out: string): FormatName | undefined =>
  formatNames.find((name) => rowOf(name).endings.some((ending) => out.toLowerCase().endsWith(ending)));
