/** Processes that work on one job, and what they can tell each other. Names are those of the MPI standard. */

/** Numbers that can be reduced. */
export type Reducible = Float32Array | Float64Array | Uint8Array;
export type Reduction = 'sum' | 'min' | 'max';

/**
 * A number of processes (ranks) that run the same program. All but the properties, `abort` and `close` are collective: every rank calls
 * them in the same order, and none returns before what it asks of the others has come. Calls may be made without waiting for
 * those before; they are carried out one after the other.
 */
export interface Communicator {
  /** Of this process: 0 … size - 1. */
  readonly rank: number;
  readonly size: number;
  /** The machine of this process. */
  readonly host: string;
  /** What joins the processes, for people: `Open MPI 4.1.4`. */
  readonly library: string;
  /** Bytes that this process has had to send at least: of a reduction over n ranks (2n - 2) / n times its data, by rings or halving. */
  readonly sentBytes: number;
  /** Makes the data that of rank `root`, 0 by default. In place; as long on every rank. */
  broadcast(data: Reducible, root?: number): Promise<void>;
  /** Makes every number the sum, the least or the largest over all ranks, the same bits on each. In place; as long on every rank. */
  allReduce(data: Reducible, reduction: Reduction): Promise<void>;
  /** Part r of `received` becomes the data of rank r. As many bytes on every rank. */
  allGather(data: Uint8Array, received: Uint8Array): Promise<void>;
  /** The bytes of every rank, in their order; any number of bytes each. */
  allGatherV(data: Uint8Array): Promise<readonly Uint8Array[]>;
  /** Part r of `data` goes to rank r; part r of `received` came from rank r. As many bytes on every rank, in parts of equal size. */
  allToAll(data: Uint8Array, received: Uint8Array): Promise<void>;
  /** Waits for all ranks. */
  barrier(): Promise<void>;
  /** Ends the processes of all ranks now, whatever they do; does not return. */
  abort(exitCode: number): never;
  /** Waits for all ranks and parts from them in peace; a process that ends without it fails the job. */
  close(): Promise<void>;
}
