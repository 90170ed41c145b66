/** `resmirror serve`: models behind HTTP. */
import type { CertificateFiles, Listening } from '../serve/index.js';
import { command, type OptionRow, option } from './command.js';
import { computeOptions, computeSettings } from './device.js';
import { usageError } from './failure.js';
import { counted } from './figures.js';
import { interruptible } from './interrupt.js';
import { count, natural, nonNegative } from './values.js';

const PORT = 8080;
/** As long as Kubernetes gives a program to end. */
const DRAIN = 30_000;

const { batch: _, ...computing } = computeOptions; // --max-batch says it here

export const serve = command({
  arguments: { '[model...]': 'run folders or model files, as NAME=PATH or by their own names' },
  options: {
    runs: option('--runs <folder>', 'whose runs the page shows', { usual: 'runs' }),
    port: option('--port <n>', 'to listen at; 0 for any that is free', { parse: natural, usual: `${PORT}` }),
    grpcPort: option('--grpc-port <n>', 'to listen at for gRPC; 0 for any that is free', {
      parse: natural,
      usual: 'no gRPC',
    }),
    host: option('--host <address>', 'to listen at', { usual: '127.0.0.1: this machine only' }),
    maxBatch: option('--max-batch <n>', 'rows that are computed at once', {
      parse: count,
      usual: '8',
      group: 'Batches',
    }),
    maxDelay: option('--max-delay <ms>', 'that a row waits for others', {
      parse: nonNegative,
      usual: '5',
      group: 'Batches',
    }),
    queue: option('--queue <n>', 'rows that may wait; more are refused', {
      parse: count,
      usual: '256',
      group: 'Batches',
    }),
    maxWait: option('--max-wait <ms>', 'that a burst may make rows wait; more are refused', {
      parse: count,
      usual: 'four batches, or 100 ms',
      group: 'Batches',
    }),
    maxBody: option('--max-body <bytes>', 'of a request', { parse: count, usual: '16000000', group: 'Limits' }),
    maxPixels: option('--max-pixels <n>', 'of an image', { parse: count, usual: '25000000', group: 'Limits' }),
    concurrency: option('--concurrency <n>', 'requests at work at once', {
      parse: count,
      usual: '128',
      group: 'Limits',
    }),
    timeout: option('--timeout <ms>', 'for a request', { parse: count, usual: '30000', group: 'Limits' }),
    drainTimeout: option('--drain-timeout <ms>', 'for what is at work when the end comes', {
      parse: count,
      usual: `${DRAIN}`,
      group: 'Limits',
    }),
    tlsCert: option('--tls-cert <file>', 'certificate as PEM, for both sockets', { group: 'Access' }),
    tlsKey: option('--tls-key <file>', 'its key as PEM', { group: 'Access' }),
    apiKeyFile: option('--api-key-file <file>', 'keys that clients must show, one a line', { group: 'Access' }),
    origin: {
      flags: '--origin <origins...>',
      help: 'web pages that may ask, such as https://example.org',
      group: 'Access',
    } as OptionRow<readonly string[]>,
    ...computing,
  },
  notes: `The page at / shows runs, and computes in the browser that opens it. Speaks the
Open Inference Protocol (KServe, Triton) under /v2 and over gRPC, and takes
images as they are under /v1. GET /openapi.json tells what there is; /try is a
page to try it. A name that is given twice has two versions. A model or a
certificate whose file changes is loaded again. The log goes to stderr, a JSON
object a line. SIGTERM and Ctrl-C finish what is at work, and end with 1 where
--drain-timeout cut something off; a second one ends at once.`,
  examples: [
    ['serve', 'the page, with the runs under runs/'],
    ['serve runs/photos', 'at http://127.0.0.1:8080'],
    ['serve flowers=runs/a faces=runs/b --port 9000', 'two models'],
    ['serve runs/photos --grpc-port 8081', 'over gRPC too'],
    ['serve runs/photos --host 0.0.0.0 --api-key-file keys.txt', 'for others, with a key'],
  ],
  async run({ args, options, terminal }) {
    const { port = PORT, grpcPort, host, maxBatch, maxDelay, queue, maxWait, ...others } = options;
    const { maxBody, maxPixels, concurrency, timeout, drainTimeout = DRAIN, ...rest } = others;
    const { apiKeyFile, tlsCert, tlsKey, origin = [], threads, device, memoryLimit, precision } = rest;
    const { Certificate, jsonLines, listen, listenGrpc, namedPath, openServing } = await import('../serve/index.js');
    const log = jsonLines((line) => void process.stderr.write(line));
    const keys = apiKeyFile === undefined ? [] : await readKeys(apiKeyFile);
    const files = certificateFiles(tlsCert, tlsKey);
    const certificate = files && (await Certificate.open(files, { log }));
    const settings = await computeSettings({ threads, device, memoryLimit, precision });
    const batch = given({ max: maxBatch, delay: maxDelay, queue, wait: maxWait });
    const limits = given({ body: maxBody, pixels: maxPixels, concurrency, timeout });
    const serving = await openServing({
      ...settings,
      models: args.model.map(namedPath),
      runs: await runsFolder(options.runs),
      batch,
      limits,
      keys,
      origins: origin,
      log,
    });
    const listening: Listening[] = [];
    try {
      const socket = { host, certificate, requestTimeout: timeout };
      listening.push(await listen(serving, { ...socket, port }));
      if (grpcPort !== undefined) listening.push(await listenGrpc(serving, { ...socket, port: grpcPort }));
      const [url, grpc] = listening.map((one) => one.url);
      const models = serving.models.map(({ name, version }) => ({
        name,
        version,
        url: `${url}/v2/models/${name}/versions/${version}`,
      }));
      for (const { url } of models) terminal.print(url);
      terminal.print(`${url}/ shows the page`);
      terminal.print(
        `${counted(models.length, 'model')} at ${listening.map(({ url }) => url).join(' and ')}; Ctrl-C ends`,
      );
      const at = { url: url!, ...(grpc !== undefined && { grpc }), models };
      log({ level: 'info', event: 'listening', ...at });
      await interruptible(terminal, untilAsked, 'Finishing what is at work');
      const cut = Math.max(...(await Promise.all(listening.splice(0).map((one) => one.close(drainTimeout)))));
      if (cut > 0) log({ level: 'error', event: 'cut off at the end', requests: cut, limit: drainTimeout });
      log({ level: 'info', event: 'ended' });
      return { json: at, exitCode: cut > 0 ? 1 : 0 };
    } finally {
      await Promise.all(listening.map((one) => one.close()));
      certificate?.close();
      await serving.close();
    }
  },
});

function certificateFiles(cert: string | undefined, key: string | undefined): CertificateFiles | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw usageError(`${cert ? '--tls-cert needs --tls-key' : '--tls-key needs --tls-cert'} beside it`);
}

/** Waits for the signal; the open socket keeps the program alive meanwhile. */
const untilAsked = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** Trainings put their runs under runs/, which need not be there yet. @throws UserError where a folder that was given is none */
async function runsFolder(given: string | undefined): Promise<string> {
  if (given === undefined) return 'runs';
  const { stat } = await import('node:fs/promises');
  const { UserError } = await import('../errors.js');
  if ((await stat(given).catch(() => undefined))?.isDirectory()) return given;
  throw new UserError(`expected a folder of runs in --runs, got ${given}, which is none`);
}

/** What was given of these. */
const given = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;

async function readKeys(file: string): Promise<readonly string[]> {
  const { readFile } = await import('node:fs/promises');
  const { UserError } = await import('../errors.js');
  const { keysIn } = await import('../serve/index.js');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot read the keys in ${file} (${error.code})`);
  });
  const keys = keysIn(text);
  if (keys.length > 0) return keys;
  throw new UserError(`expected a key a line in ${file}, got none`);
}
