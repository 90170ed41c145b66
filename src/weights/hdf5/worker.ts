/**
 * The thread in which libhdf5 runs, as WebAssembly: whatever a file makes it do, it reaches nothing but this file and the memory that it is
 * granted, and it can be stopped.
 */
import { openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Call, Dataset, Listing, Opening, Requests } from './messages.js';

/** ResNet-152 with an optimiser's state has some 4,000; a file of links upon links has no end. */
const MAX_OBJECTS = 10_000;
const MAX_DEPTH = 16;
/** A whole model's description takes some 100 kB. */
const MAX_TEXT_BYTES = 2 ** 24;
const PATH = '/given.h5';

const { bytes, memory } = workerData as Opening;
// the library asks for memory here, and takes a refusal as it takes that of a system; Node's types have no WebAssembly
interface Memory {
  readonly buffer: ArrayBuffer;
  grow(this: Memory, pages: number): number;
}
const { prototype } = (globalThis as unknown as { WebAssembly: { Memory: { prototype: Memory } } }).WebAssembly.Memory;
const { grow } = prototype;
prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65_536 > memory) throw new RangeError('no more memory is granted');
  return grow.call(this, pages);
};

const { Module, FS } = await load();

async function load() {
  const library = await import('h5wasm');
  const module = await library.ready;
  return { Module: module, FS: module.FS as unknown as FileSystem };
}

/** What is used of Emscripten's file system, which its types leave out. */
interface FileSystem {
  writeFile(path: string, data: Uint8Array): void;
  unlink(path: string): void;
  lookupPath(path: string): {
    readonly node: {
      usedBytes: number;
      stream_ops: { read(stream: unknown, to: Uint8Array, at: number, length: number, position: number): number };
    };
  };
}

const file = open();

/** @returns the library's number of the file */
function open(): bigint {
  for (const device of ['stdin', 'tty', 'tty1']) FS.unlink(`/dev/${device}`); // a data set may name any path as its storage
  if (bytes instanceof Uint8Array) FS.writeFile(PATH, bytes);
  else {
    FS.writeFile(PATH, new Uint8Array(0));
    const { path, from, size } = bytes;
    const descriptor = openSync(path, 'r');
    const { node } = FS.lookupPath(PATH);
    node.usedBytes = size;
    node.stream_ops = {
      ...node.stream_ops,
      read: (_, to, at, length, position) =>
        readSync(descriptor, to, at, Math.max(0, Math.min(length, size - position)), from + position),
    };
  }
  return Module.open(PATH, Module.H5F_ACC_RDONLY, false, Module.H5F_LIBVER_EARLIEST, Module.H5F_LIBVER_LATEST);
}

const answers: { readonly [M in keyof Requests]: (request: Requests[M]['request']) => Requests[M]['result'] } = {
  list() {
    if (file < 0n) throw new Error('the library does not open it as HDF5');
    const listing = { datasets: [] as Dataset[], texts: new Map<string, ReadonlyMap<string, string>>() };
    let objects = 0;
    const visit = (path: string, depth: number): void => {
      if (depth > MAX_DEPTH) throw new Error(`its groups are more than ${MAX_DEPTH} deep`);
      const texts = textsOf(path);
      if (texts.size > 0) listing.texts.set(path, texts);
      for (const name of Module.get_names(file, path || '/', false)) {
        if (++objects > MAX_OBJECTS) throw new Error(`it has more than ${MAX_OBJECTS} objects`);
        const inner = path ? `${path}/${name}` : name;
        const type = Module.get_type(file, inner);
        if (type === Module.H5G_GROUP) visit(inner, depth + 1);
        // links to other files are not followed
        else if (type === Module.H5G_DATASET) listing.datasets.push(described(inner));
      }
    };
    visit('', 0);
    return listing satisfies Listing;
  },
  read({ path, bytes: expected }) {
    const { size, total_size } = Module.get_dataset_metadata(file, path);
    if (size * total_size !== expected)
      throw new Error(`${path} has ${size * total_size} bytes instead of ${expected}`);
    const at = Module._malloc(Math.max(expected, 1));
    if (at === 0) throw new Error(`there is no memory for the ${expected} bytes of ${path}`);
    try {
      if (Module.get_dataset_data(file, path, null, null, null, BigInt(at)) < 0)
        throw new Error(`the numbers of ${path} cannot be read`);
      return Module.HEAPU8.slice(at, at + expected);
    } finally {
      Module._free(at);
    }
  },
};

function described(path: string): Dataset {
  const { type, size, signed, littleEndian, shape, virtual_sources } = Module.get_dataset_metadata(file, path);
  return { path, type, size, signed, littleEndian, shape, elsewhere: virtual_sources !== undefined };
}

/** The attributes of a group that are one text, of fixed or of free length. */
function textsOf(path: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const at = path || '/';
  for (const name of Module.get_attribute_names(file, at)) {
    const { type, size, total_size, vlen } = Module.get_attribute_metadata(file, at, name);
    if (type !== Module.H5T_class_t.H5T_STRING.value || total_size !== 1 || size > MAX_TEXT_BYTES) continue;
    const data = Module._malloc(Math.max(size, 8));
    if (data === 0) throw new Error('there is no memory for its attributes');
    try {
      if (Module.get_attribute_data(file, at, name, BigInt(data)) < 0)
        throw new Error(`attribute ${name} cannot be read`);
      texts.set(
        name,
        textAt(vlen ? (new Uint32Array(Module.HEAPU8.buffer, data, 1)[0] ?? 0) : data, vlen ? MAX_TEXT_BYTES : size),
      );
      if (vlen) Module.reclaim_vlen_memory(file, at, name, BigInt(data));
    } finally {
      Module._free(data);
    }
  }
  return texts;
}

/** UTF-8 up to a zero, or up to so many bytes. */
function textAt(from: number, most: number): string {
  const given = Module.HEAPU8.subarray(from, from + most);
  const end = given.indexOf(0);
  return new TextDecoder().decode(end < 0 ? given : given.subarray(0, end));
}

parentPort!.on('message', ({ method, request }: Call) => {
  parentPort!.postMessage(answer(method, request));
});

function answer(method: Call['method'], request: unknown): Answer {
  try {
    return { result: (answers[method] as (request: unknown) => unknown)(request) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : 'the library gave up' }; // it throws numbers too
  }
}
