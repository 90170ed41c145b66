/** What files of other programs are called, or begin with. */
import { withFile } from './byte-source.js';

/** Ends of the names that files of other programs usually have. */
const ENDINGS = ['.pth', '.pt', '.th', '.ckpt', '.pth.tar', '.npz', '.bin', '.index.json', '.h5', '.hdf5', '.keras'];

export const isForeign = (path: string): boolean => ENDINGS.some((ending) => path.toLowerCase().endsWith(ending));

/** By its name, or where another name says nothing, by the field that nearly every exporter writes first: `ir_version`, below 128. */
export const isOnnxFile = async (path: string): Promise<boolean> => {
  if (path.toLowerCase().endsWith('.onnx')) return true;
  if (isForeign(path) || path.endsWith('.safetensors')) return false;
  return withFile(path, async (file) => {
    const head = await file.read(0, Math.min(file.size, 3));
    return head.length === 3 && head[0] === 8 && head[1]! < 128 && [0x12, 0x1a, 0x3a, 0x42, 0x72].includes(head[2]!);
  });
};
