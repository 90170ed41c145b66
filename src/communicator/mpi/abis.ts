/**
 * Binary interfaces of MPI: the same functions, but what stands for a communicator, a type or an operation differs. Values of
 * Open MPI are addresses of symbols; those of MPICH (and Intel's, Cray's and MVAPICH's libraries, which keep to it) are integers of 32 bits;
 * those of MPI 5.0, chapter "Application Binary Interface", are pointers of small value.
 */
import type { Reduction } from '../communicator.js';

export type AbiName = 'openmpi' | 'mpich' | 'standard';
export type TypeName = 'float32' | 'float64' | 'uint8';
/** A handle as it is passed: an integer, an address, or the name of the symbol whose address it is. */
type Constant = number | bigint | string;

export interface Abi {
  /** What people call it. */
  readonly name: string;
  /** How handles are passed. */
  readonly handle: 'int' | 'void *';
  readonly world: Constant;
  readonly types: Readonly<Record<TypeName, Constant>>;
  readonly operations: Readonly<Record<Reduction, Constant>>;
  /** MPI_IN_PLACE. */
  readonly inPlace: bigint;
  /** MPI_THREAD_SERIALIZED: calls come from several threads, but never two at a time. */
  readonly serialized: number;
  /** What `MPI_Get_library_version` says of it. */
  readonly version: RegExp;
  /** Files to look for, by platform. */
  readonly files: readonly string[];
}

export const abis: { readonly [A in AbiName]: Abi } = {
  openmpi: {
    name: 'Open MPI',
    handle: 'void *',
    world: 'ompi_mpi_comm_world',
    types: { float32: 'ompi_mpi_float', float64: 'ompi_mpi_double', uint8: 'ompi_mpi_uint8_t' },
    operations: { sum: 'ompi_mpi_op_sum', min: 'ompi_mpi_op_min', max: 'ompi_mpi_op_max' },
    inPlace: 1n,
    serialized: 2,
    version: /Open MPI v?[\d.]+/,
    files: ['libmpi.so.40', 'libmpi.so', 'libmpi.40.dylib', 'libmpi.dylib'],
  },
  mpich: {
    name: 'MPICH',
    handle: 'int',
    world: 0x44000000,
    types: { float32: 0x4c00040a, float64: 0x4c00080b, uint8: 0x4c00013b },
    operations: { sum: 0x58000003, min: 0x58000002, max: 0x58000001 },
    inPlace: 0xffff_ffff_ffff_ffffn,
    serialized: 2,
    version: /(CRAY MPICH|MPICH|MVAPICH\d?|Intel\(R\) MPI Library)[\s\w:]*?[\d.]+/,
    files: ['libmpich.so.12', 'libmpi.so.12', 'libmpich.so', 'libmpi.so', 'libmpi.12.dylib', 'libmpi.dylib'],
  },
  standard: {
    name: 'the MPI-5 ABI',
    handle: 'void *',
    world: 0x101n,
    types: { float32: 0x210n, float64: 0x214n, uint8: 0x241n },
    operations: { sum: 0x21n, min: 0x22n, max: 0x23n },
    inPlace: 1n,
    serialized: 2048,
    version: /^[^\n,]+/,
    files: ['libmpi_abi.so.1', 'libmpi_abi.so.0', 'libmpi_abi.so', 'libmpi_abi.dylib'],
  },
};
