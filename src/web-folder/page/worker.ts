/** Decodes images and runs the network beside the page, which stays free to answer. */
import type { InferenceSession } from 'onnxruntime-web/wasm';
import type { Answered, Asked, JobName, Jobs } from './jobs.js';
import { prepare } from './prepare.js';
import { inWords, Problem } from './problem.js';

type Runtime = typeof import('onnxruntime-web/wasm');

/** More threads than this gain little on networks of this kind, and cores of phones are not alike. */
const MOST_THREADS = 8;

let opened: { readonly runtime: Runtime; readonly session: InferenceSession } | undefined;

const jobs: { readonly [N in JobName]: (asked: Jobs[N]['asked']) => Promise<Jobs[N]['answer']> } = {
  async open({ module, code, model }) {
    // a module by its address: a page without a bundler knows no names of packages
    const runtime = (await import(module)) as Runtime;
    const { wasm } = runtime.env;
    // memory is shared among threads only where the server isolates the page (headers COOP and COEP)
    wasm.numThreads = crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, MOST_THREADS) : 1;
    wasm.wasmBinary = code;
    runtime.env.logLevel = 'error';
    const session = await runtime.InferenceSession.create(new Uint8Array(model), { executionProviders: ['wasm'] });
    opened = { runtime, session };
    return { threads: wasm.numThreads }; // the engine lowers it where threads cannot be had
  },

  prepare: ({ file, preprocessing }) => prepare(file, preprocessing),

  async run({ input, dtype, shape, data }) {
    if (!opened) throw new Problem('The network is not open yet.');
    const { runtime, session } = opened;
    const start = performance.now();
    const tensor =
      dtype === 'uint8'
        ? new runtime.Tensor(dtype, data as Uint8Array, shape)
        : new runtime.Tensor(dtype, data as Float32Array, shape);
    const outputs = await session.run({ [input]: tensor });
    const found = outputs[session.outputNames[0]!]!;
    return { data: found.data as Uint8Array | Float32Array, milliseconds: performance.now() - start };
  },
};

const DOING: Readonly<Record<JobName, string>> = {
  open: 'open the network',
  prepare: 'read the image',
  run: 'run the network',
};

// one after the other: the engine takes one batch at a time
let queue: Promise<void> = Promise.resolve();
addEventListener('message', ({ data }: MessageEvent<Asked>) => {
  queue = queue.then(async () => postMessage(await answered(data)));
});

async function answered({ number, job, asked }: Asked): Promise<Answered> {
  try {
    return { number, answer: await (jobs[job] as (asked: unknown) => Promise<Jobs[JobName]['answer']>)(asked) };
  } catch (error) {
    return { number, problem: inWords(error, DOING[job]) };
  }
}
