/**
 * A runtime whose graphs may take means over all processes of a job. Its programs are the runtime's, segment by segment; in between,
 * messages go to the other processes. All processes compile and run the same graphs in the same order.
 */
import type { Communicator } from '../communicator/communicator.js';
import { bytesOf, type Graph } from '../graph/index.js';
import type { CompileOptions, Program, Runtime } from '../runtime/runtime.js';
import type { Tensors } from '../runtime/tensor.js';
import { sameEverywhere } from './broadcast.js';
import type { Compression } from './compression.js';
import { type Message, messagesOf, reduced } from './reduce.js';
import { type Segment, segmentsOf, takesMeans } from './segments.js';

export interface DistributedOptions {
  readonly communicator: Communicator;
  /** In which gradients travel; 32 bits by default. */
  readonly compression?: Compression | undefined;
}

export interface DistributedRuntime extends Runtime {
  /** Seconds spent waiting for messages, when there was nothing else to do. */
  readonly waited: number;
}

/** The runtime of one of several processes. What is written to its variables is what rank 0 writes. */
export function distributedRuntime(
  runtime: Runtime,
  { communicator, compression }: DistributedOptions,
): DistributedRuntime {
  let programs = 0;
  let waited = 0;
  const links: Links = {
    send: (message, tensors) => reduced(communicator, message, tensors, compression),
    async wait(messages) {
      const begun = performance.now();
      const all = await Promise.all(messages);
      waited += (performance.now() - begun) / 1000;
      return Object.assign({}, ...all) as Tensors;
    },
  };
  return {
    ...runtime,
    get waited() {
      return waited;
    },
    async compile(graph: Graph, options: CompileOptions = {}): Promise<Program> {
      if (!takesMeans(graph)) return runtime.compile(graph, options);
      const parts: Part[] = [];
      for (const segment of segmentsOf(graph, options.updates ?? {}, `${graph.name} ${programs++}`)) {
        const { graph: own, updates, means } = segment;
        // what is read at different times comes back at different times
        const readers = new Set(means.map(({ readBy }) => readBy));
        const lent = [...readers].map((reader) =>
          means.filter(({ readBy }) => readBy === reader).map(({ name }) => name),
        );
        const program = await runtime.compile(own, { ...options, updates, lent });
        parts.push({ segment, program, messages: messagesOf(means, ({ name }) => bytesOf(own.outputs[name]!)) });
      }
      return chained(parts, links);
    },
    async write(variables, options) {
      await runtime.write(await sameEverywhere(communicator, variables), options);
    },
  };
}

interface Part {
  readonly segment: Segment;
  readonly program: Program;
  readonly messages: readonly Message[];
}

interface Links {
  /** Resolves to the means. */
  send(message: Message, tensors: Tensors): Promise<Tensors>;
  wait(messages: readonly Promise<Tensors>[]): Promise<Tensors>;
}

/**
 * Segments as one program: each runs as soon as the means that it reads have come; other messages stay under way meanwhile. The memory
 * of a mean goes from the engine to the messages and back, step by step; it is never copied.
 */
function chained(parts: readonly Part[], { send, wait }: Links): Program {
  const everyResult = parts.flatMap(({ segment }) => segment.results);
  return {
    inputs: [...new Set(parts.flatMap(({ program }) => program.inputs))],
    async run(feeds, fetches = everyResult) {
      const coming = parts.map((): Promise<Tensors>[] => []);
      let found: Tensors = {};
      for (const [stage, { segment, program, messages }] of parts.entries()) {
        const means = await wait(coming[stage]!);
        const fed = program.inputs.map((name) => [name, feeds[name]!] as const);
        const results = [...segment.results, ...Object.keys(segment.updates)].filter((name) => fetches.includes(name));
        const operands = segment.means.map(({ name }) => name);
        const outputs = await program.run(Object.fromEntries(fed), [...results, ...operands], means);
        found = { ...found, ...Object.fromEntries(results.map((name) => [name, outputs[name]!])) };
        for (const message of messages) {
          const mean = send(message, outputs);
          mean.catch(() => {}); // told by the segment that reads it
          coming[message[0]!.readBy]!.push(mean);
        }
      }
      return found;
    },
    async release() {
      for (const { program } of parts) await program.release();
    },
  };
}
