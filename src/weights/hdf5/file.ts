/** HDF5, the format of Keras's weights: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t4.html */
import { Worker } from 'node:worker_threads';
import { type ByteSource, unreadable } from '../byte-source.js';
import type { Answer, Listing, Opening, Requests } from './messages.js';

export const HDF5_START = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Milliseconds until the library is taken to turn in circles. All of ResNet-50 is imported in a second or two. */
const PATIENCE = 30_000;
/** Megabytes that the thread's objects may take. */
const HEAP = 256;
/** Bytes that the library may take whatever the size of the file, and so many per byte of it. */
const [LIBRARY, PER_BYTE] = [2 ** 26, 4];
const MOST = 2 ** 31;

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** An open file. `close` it: a thread belongs to it. */
export class Hdf5File {
  /** The call under way: tensors are read one by one. */
  private pending: Pending | undefined;
  private gone: string | undefined;

  private constructor(
    private readonly name: string,
    private readonly worker: Worker,
  ) {
    worker.on('message', (answer: Answer) => {
      const call = this.taken();
      if ('error' in answer) call?.reject(this.unreadable(answer.error));
      else call?.resolve(answer.result as never);
    });
    const end = (reason: string) => {
      this.gone ??= reason;
      this.taken()?.reject(this.unreadable(this.gone));
    };
    worker.on('error', ({ message }: Error) => end(`the library gave up (${message})`));
    worker.on('exit', () => end('the library gave up'));
  }

  static async open(source: ByteSource): Promise<Hdf5File> {
    const { name, size, place } = source;
    const bytes = place ? { ...place, size } : await source.read(0, size);
    const opening: Opening = { bytes, memory: Math.min(LIBRARY + PER_BYTE * size, MOST) };
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      name: 'resmirror hdf5',
      workerData: opening,
      execArgv: [], // flags of the main program (--input-type with -e) would stop the thread from loading
      resourceLimits: { maxOldGenerationSizeMb: HEAP },
      stdout: true, // the library prints what it finds, which is told by errors here
      stderr: true,
    });
    worker.stdout.resume();
    worker.stderr.resume();
    return new Hdf5File(name, worker);
  }

  list(): Promise<Listing> {
    return this.call('list', null);
  }

  /** The bytes of a data set as they are stored, row-major, without compression. @param bytes as many as are expected */
  read(path: string, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.call('read', { path, bytes });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private async call<M extends keyof Requests>(
    method: M,
    request: Requests[M]['request'],
  ): Promise<Requests[M]['result']> {
    if (this.gone !== undefined) throw this.unreadable(this.gone);
    const timer = setTimeout(() => {
      this.gone = `that takes longer than ${PATIENCE / 1000} seconds`;
      void this.worker.terminate();
    }, PATIENCE);
    try {
      return await new Promise<Requests[M]['result']>((resolve, reject) => {
        this.pending = { resolve, reject };
        this.worker.postMessage({ method, request });
      });
    } finally {
      clearTimeout(timer);
    }
  }

  private taken(): Pending | undefined {
    const { pending } = this;
    this.pending = undefined;
    return pending;
  }

  private unreadable(reason: string) {
    return unreadable(this.name, `as HDF5: ${reason}`);
  }
}
