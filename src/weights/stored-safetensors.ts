/** Safetensors files of any program as tensors that are read where they lie. */
import { type ByteSource, partOf } from './byte-source.js';
import { readHeader } from './safetensors-file.js';
import { rowMajor, type StoredTensor } from './stored-tensor.js';

/** A file starts with the length of its header, eight bytes; then comes the header's brace. */
export const SAFETENSORS_START = { at: 8, bytes: [0x7b] } as const;

/** Its tensors by their names, and the free text beside them. @throws UserError for anything that the format does not allow */
export async function storedSafetensors(file: ByteSource): Promise<{
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}> {
  const { metadata, entries, dataStart } = await readHeader(file);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, offsets }] of entries) {
    const [begin, end] = offsets;
    const bytes = partOf(file, { from: dataStart + begin, size: end - begin });
    tensors.set(name, { dtype, shape, strides: rowMajor(shape), offset: 0, storage: async () => bytes });
  }
  return { metadata, tensors };
}
