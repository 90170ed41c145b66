/** Finds the MPI library that goes with a launcher, and makes its functions callable. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { UserError } from '../../errors.js';
import type { Reduction } from '../communicator.js';
import { type Abi, type AbiName, abis, type TypeName } from './abis.js';
import type { Launcher } from './launcher.js';

type Koffi = typeof import('koffi').default;
type Handle = number | bigint;
/** An MPI function: called at once, or in another thread with a callback at the end. */
type Call = ReturnType<ReturnType<Koffi['load']>['func']>;

export interface Library {
  /** `Open MPI v4.1.4` */
  readonly version: string;
  readonly abi: Abi;
  readonly world: Handle;
  readonly types: Readonly<Record<TypeName, Handle>>;
  readonly operations: Readonly<Record<Reduction, Handle>>;
  call(name: keyof typeof signatures): Call;
}

/** Parameters by the C standard; H stands for a handle. All return an error code. */
const signatures = {
  MPI_Init_thread: 'void *, void *, int, _Out_ int *',
  MPI_Comm_rank: 'H, _Out_ int *',
  MPI_Comm_size: 'H, _Out_ int *',
  MPI_Bcast: 'void *, int, H, int, H',
  MPI_Allreduce: 'void *, void *, int, H, H, H',
  MPI_Allgather: 'void *, int, H, void *, int, H, H',
  MPI_Allgatherv: 'void *, int, H, void *, void *, void *, H, H',
  MPI_Alltoall: 'void *, int, H, void *, int, H, H',
  MPI_Barrier: 'H',
  MPI_Ibarrier: 'H, void *',
  MPI_Test: 'void *, _Out_ int *, void *',
  MPI_Abort: 'H, int',
  MPI_Finalize: '',
} as const;

/** The longest text that a library may give for its version: MPICH's 8192. */
const VERSION_BYTES = 8192;
/** Names a library where the right one is not found: a file, or `mpich:FILE` where its ABI cannot be told. */
const OVERRIDE = 'RESMIRROR_MPI';

/** Variables of the environment that libraries heed, some while they are loaded; what somebody has set counts. */
const settings = {
  OMPI_MCA_mpi_yield_when_idle: '1', // who waits leaves its core to those who compute; MPICH does so by itself
  // UCX, by which MPICH sends, tries its hooks of memory by moving the end of the heap up a page and down again. In one start of Node in a
  // hundred V8's code lies right behind the heap: it cannot go up, but goes down, and memory in use is gone. Without hooks, networks
  // that register memory do so for each message.
  UCX_MEM_EVENTS: 'no',
} as const;

/** @throws UserError where there is no library for the launcher */
export async function openLibrary(launcher: Launcher, environment = process.env): Promise<Library> {
  const koffi = await loadKoffi(launcher);
  for (const [name, value] of Object.entries(settings)) environment[name] ??= value;
  const tried: string[] = [];
  for (const { abi, file } of candidates(launcher, environment)) {
    const version = versionOf(koffi, file);
    if (version === undefined) tried.push(file);
    else if (!abis[abi].version.test(version)) tried.push(`${file} (which is ${version.split(/[\n,]/)[0]})`);
    else return opened(koffi, abis[abi], file, version);
  }
  throw new UserError(
    `this process was started by ${launcher.name}, but no MPI library that goes with it was found: tried ${[...new Set(tried)].join(', ')}. ` +
      `Install one (Debian: openmpi-bin or mpich), or name its file in ${OVERRIDE}`,
  );
}

/** Bytes of stack of a call in another thread, as much as threads usually have: MPICH's reductions overrun koffi's own 128 KiB. */
const STACK = 2 ** 23;

async function loadKoffi({ name }: Launcher): Promise<Koffi> {
  const { default: koffi } = await import('koffi').catch((error: Error) => {
    throw new UserError(
      `this process was started by ${name}, but the package koffi, by which MPI is reached, cannot be loaded (${error.message}): ` +
        'install it with npm install koffi',
    );
  });
  // koffi refuses it once somebody has loaded a library with it, who may have set it himself
  if ((koffi.config().async_stack_size ?? 0) < STACK) koffi.config({ async_stack_size: STACK });
  return koffi;
}

interface Candidate {
  readonly abi: AbiName;
  readonly file: string;
}

function candidates(launcher: Launcher, environment: NodeJS.ProcessEnv): readonly Candidate[] {
  const named = environment[OVERRIDE];
  if (named) {
    const [, prefix, file = named] = /^(openmpi|mpich|standard):(.*)$/.exec(named) ?? [];
    const all = prefix ? [prefix as AbiName] : (Object.keys(abis) as AbiName[]);
    // what calls itself MPICH may speak the standard's ABI: only its name tells
    const own = /mpi_abi/.test(file) && !prefix ? (['standard'] as const) : all;
    return own.map((abi) => ({ abi, file }));
  }
  const beside = librariesBeside(environment);
  return launcher.abis.flatMap((abi) =>
    abis[abi].files.flatMap((file) =>
      [file, ...beside.map((folder) => join(folder, file)).filter(existsSync)].map((each) => ({ abi, file: each })),
    ),
  );
}

/** Folders of libraries beside the launchers on the path, where an installation outside the system has them. */
const librariesBeside = ({ PATH = '' }: NodeJS.ProcessEnv): readonly string[] =>
  PATH.split(delimiter)
    .filter((folder) => folder && ['mpirun', 'mpiexec'].some((name) => existsSync(join(folder, name))))
    .flatMap((folder) => ['lib', 'lib64'].map((name) => join(folder, '..', name)));

/** What a library says of itself, which it may before it is initialised; undefined where it cannot be loaded. */
function versionOf(koffi: Koffi, file: string): string | undefined {
  try {
    const get = koffi.load(file).func('int MPI_Get_library_version(void *, _Out_ int *)');
    const text = Buffer.alloc(VERSION_BYTES);
    const length = [0];
    get(text, length);
    return text.toString('latin1', 0, length[0]).split('\0')[0];
  } catch {
    return undefined;
  }
}

function opened(koffi: Koffi, abi: Abi, file: string, version: string): Library {
  const library = koffi.load(file, { global: true }); // Open MPI's plugins look for its symbols
  const handle = (constant: number | bigint | string): Handle =>
    typeof constant === 'string' ? library.symbol(constant) : constant;
  const handles = <K extends string>(table: Readonly<Record<K, number | bigint | string>>) =>
    Object.fromEntries(Object.entries(table).map(([name, value]) => [name, handle(value as string)])) as Record<
      K,
      Handle
    >;
  const calls = new Map<string, Call>();
  return {
    version: (abi.version.exec(version)?.[0] ?? version).replace(/\s*Version:\s*/, ' '),
    abi,
    world: handle(abi.world),
    types: handles(abi.types),
    operations: handles(abi.operations),
    call(name) {
      const known = calls.get(name) ?? library.func(`int ${name}(${signatures[name].replaceAll('H', abi.handle)})`);
      calls.set(name, known);
      return known;
    },
  };
}
