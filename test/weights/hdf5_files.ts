/** HDF5 files as tests want them, written by the library's own writer. */
import h5wasm from 'h5wasm';

let files = 0;

/** The bytes of a file that `fill` filled. */
export async function hdf5(fill: (file: InstanceType<typeof h5wasm.File>) => void): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  const path = `/made-${files++}.h5`;
  const file = new h5wasm.File(path, 'w');
  fill(file);
  file.close();
  const bytes = (FS as unknown as { readFile(path: string): Uint8Array }).readFile(path);
  FS.unlink(path);
  return bytes;
}
