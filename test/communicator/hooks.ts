/** One rank that fails where its MPI library has put hooks into the C library's memory functions; started by a launcher. */
import assert from 'node:assert/strict';
import koffi from 'koffi';
import { openCommunicator } from '../../src/communicator/index.js';

koffi.config({ async_stack_size: 2 ** 23 }); // as the communicator wants it, which cannot set it once a library is loaded
const library = koffi.load(process.platform === 'darwin' ? 'libSystem.dylib' : 'libc.so.6');
const code = () => ['mmap', 'munmap'].map((name) => koffi.decode(library.symbol(name), 'uint8_t', 8) as number[]);

const before = code();
const communicator = await openCommunicator();
await communicator.barrier();
assert.deepEqual(code(), before);
await communicator.close();
