/**
 * Processes joined by MPI. Calls run in a thread of koffi's, so that a rank that waits for others still answers to signals and timers;
 * they run one after the other, which is all that MPI_THREAD_SERIALIZED asks for.
 */
import { hostname } from 'node:os';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { UserError } from '../../errors.js';
import type { Communicator, Reducible, Reduction } from '../communicator.js';
import { Watch } from '../watch.js';
import type { TypeName } from './abis.js';
import type { Launcher } from './launcher.js';
import { type Library, openLibrary } from './library.js';

/** MPI counts in integers of 32 bits; more than this goes in pieces. */
const PIECE = 2 ** 30;
/** Bytes that hold a request or a status of any ABI. */
const [REQUEST, STATUS] = [8, 64];
/** Milliseconds for which a rank looks without a pause whether the others have come; then it looks once in each. */
const EAGER_MS = 1;

/** Joins the processes that the launcher has started. @throws UserError where no library fits */
export async function openMpi(launcher: Launcher): Promise<Communicator> {
  const library = await openLibrary(launcher);
  const provided = [0];
  check('MPI_Init_thread', library.call('MPI_Init_thread')(null, null, library.abi.serialized, provided));
  if (provided[0]! < library.abi.serialized)
    throw new UserError(
      `${library.version} was built for programs of one thread (MPI_THREAD_SERIALIZED is not provided): install one that was built with threads`,
    );
  const rank = numberOf(library, 'MPI_Comm_rank');
  const size = numberOf(library, 'MPI_Comm_size');
  if (launcher.size !== undefined && launcher.size !== size)
    throw new UserError(
      `${launcher.name} started ${launcher.size} processes, but ${library.version} knows of ${size}: ` +
        'the launcher and the library are of different makes. Use the launcher of this library, or name the other one in RESMIRROR_MPI',
    );
  const joined = new Mpi(library, rank, size);
  await joined.beginWatch();
  return joined;
}

const check = (name: string, code: number): void => {
  if (code !== 0) throw new Error(`${name} failed with error ${code}`);
};

function numberOf(library: Library, name: 'MPI_Comm_rank' | 'MPI_Comm_size'): number {
  const found = [0];
  check(name, library.call(name)(library.world, found));
  return found[0]!;
}

class Mpi implements Communicator {
  readonly host = hostname();
  sentBytes = 0;
  private watch: Watch | undefined;
  /** The call under way, or the last one. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly mpi: Library,
    readonly rank: number,
    readonly size: number,
  ) {}

  get library(): string {
    return this.mpi.version;
  }

  async broadcast(data: Reducible, root = 0): Promise<void> {
    const { world, types } = this.mpi;
    if (this.rank === root) this.sentBytes += data.byteLength;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (const piece of pieces(bytes)) await this.call('MPI_Bcast', piece, piece.length, types.uint8, root, world);
  }

  async allReduce(data: Reducible, reduction: Reduction): Promise<void> {
    const { abi, world, types, operations } = this.mpi;
    this.sentBytes += (2 * data.byteLength * (this.size - 1)) / this.size;
    for (const piece of pieces(data))
      await this.call(
        'MPI_Allreduce',
        abi.inPlace,
        piece,
        piece.length,
        types[typeOf(data)],
        operations[reduction],
        world,
      );
  }

  async allGather(data: Uint8Array, received: Uint8Array): Promise<void> {
    const { world, types } = this.mpi;
    checkLength(received, data.length * this.size);
    this.sentBytes += data.length * (this.size - 1);
    const { uint8 } = types;
    if (data.length > 0)
      await this.call('MPI_Allgather', data, data.length, uint8, received, data.length, uint8, world);
  }

  async allGatherV(data: Uint8Array): Promise<readonly Uint8Array[]> {
    const { world, types } = this.mpi;
    const lengths = new Float64Array(this.size);
    lengths[this.rank] = data.length;
    await this.allReduce(lengths, 'sum');
    const total = lengths.reduce((a, b) => a + b);
    if (total > PIECE) throw new RangeError(`expected ranks to gather ${PIECE} bytes at most, got ${total}`);
    this.sentBytes += data.length * (this.size - 1);
    const counts = Int32Array.from(lengths);
    const starts = new Int32Array(this.size);
    for (let i = 1; i < this.size; i++) starts[i] = starts[i - 1]! + counts[i - 1]!;
    const all = new Uint8Array(Math.max(1, total));
    const { uint8 } = types;
    const own = data.length > 0 ? data : new Uint8Array(1); // of nothing there is no address
    await this.call('MPI_Allgatherv', own, data.length, uint8, all, counts, starts, uint8, world);
    return [...counts].map((count, i) => all.slice(starts[i], starts[i]! + count));
  }

  async allToAll(data: Uint8Array, received: Uint8Array): Promise<void> {
    const { world, types } = this.mpi;
    checkLength(received, data.length);
    const part = data.length / this.size;
    if (!Number.isInteger(part) || part > PIECE)
      throw new RangeError(`expected ${this.size} equal parts of ${PIECE} bytes at most, got ${data.length} bytes`);
    this.sentBytes += part * (this.size - 1);
    if (part > 0) await this.call('MPI_Alltoall', data, part, types.uint8, received, part, types.uint8, world);
  }

  barrier(): Promise<void> {
    return this.call('MPI_Barrier', this.mpi.world);
  }

  /** From now on the death of another process ends this one. */
  async beginWatch(): Promise<void> {
    this.watch = await Watch.open(this, () => this.abort(1));
  }

  abort(exitCode: number): never {
    this.watch?.announceEnd();
    this.mpi.call('MPI_Abort')(this.mpi.world, exitCode);
    process.exit(exitCode); // where the library leaves it to the launcher to end this process
  }

  async close(): Promise<void> {
    this.watch?.rest();
    await this.barrier(); // so that the next call, which must come from this thread, does not wait
    this.watch?.close();
    check('MPI_Finalize', this.mpi.call('MPI_Finalize')());
  }

  /**
   * Waits until every rank has come as far as this one. MPI's own calls wait by spinning, which takes a core from those who still compute
   * on this machine, so they begin when nobody is waited for.
   */
  private async meet(): Promise<void> {
    const request = new Uint8Array(REQUEST);
    const status = new Uint8Array(STATUS);
    const isDone = [0];
    check('MPI_Ibarrier', this.mpi.call('MPI_Ibarrier')(this.mpi.world, request));
    const begun = performance.now();
    while (true) {
      check('MPI_Test', this.mpi.call('MPI_Test')(request, isDone, status));
      if (isDone[0] !== 0) return;
      await (performance.now() - begun < EAGER_MS ? setImmediate() : setTimeout(1));
    }
  }

  /** Calls in another thread, after all calls before. The arrays stay where they are: their memory is held until the end. */
  private call(name: Parameters<Library['call']>[0], ...given: readonly unknown[]): Promise<void> {
    const run = async () => {
      await this.meet();
      await new Promise<void>((resolve, reject) => {
        this.mpi.call(name).async(...given, (error: Error | null, code: number) => {
          given.length; // holds the arrays
          if (error) return reject(error);
          if (code !== 0) return reject(new Error(`${name} failed with error ${code}`));
          resolve();
        });
      });
    };
    const done = this.last.then(run);
    this.last = done.catch(() => {}); // told to whoever asked
    return done;
  }
}

function checkLength({ length }: Uint8Array, expected: number): void {
  if (length !== expected || length > PIECE)
    throw new RangeError(`expected room for ${expected} bytes, and ${PIECE} at most; got ${length}`);
}

const typeOf = (data: Reducible): TypeName =>
  data instanceof Float32Array ? 'float32' : data instanceof Float64Array ? 'float64' : 'uint8';

function* pieces<T extends Reducible>(data: T): Generator<T> {
  for (let at = 0; at < data.length; at += PIECE) yield data.subarray(at, Math.min(data.length, at + PIECE)) as T;
}
