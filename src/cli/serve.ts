/** `resmirror serve`: models behind HTTP. */
import { command, type OptionRow, option } from './command.js';
import { computeOptions, computeSettings } from './device.js';
import { counted } from './figures.js';
import { interruptible } from './interrupt.js';
import { count, natural, nonNegative } from './values.js';

const PORT = 8080;

export const serve = command({
  arguments: { '[model...]': 'run folders or model files, as NAME=PATH or by their own names' },
  options: {
    runs: option('--runs <folder>', 'whose runs the page shows', { usual: 'runs' }),
    port: option('--port <n>', 'to listen at; 0 for any that is free', { parse: natural, usual: `${PORT}` }),
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
    maxBody: option('--max-body <bytes>', 'of a request', { parse: count, usual: '16000000', group: 'Limits' }),
    maxPixels: option('--max-pixels <n>', 'of an image', { parse: count, usual: '25000000', group: 'Limits' }),
    concurrency: option('--concurrency <n>', 'requests at work at once', {
      parse: count,
      usual: '128',
      group: 'Limits',
    }),
    timeout: option('--timeout <ms>', 'for a request', { parse: count, usual: '30000', group: 'Limits' }),
    apiKeyFile: option('--api-key-file <file>', 'keys that clients must show, one a line', { group: 'Access' }),
    origin: {
      flags: '--origin <origins...>',
      help: 'web pages that may ask, such as https://example.org',
      group: 'Access',
    } as OptionRow<readonly string[]>,
    threads: computeOptions.threads,
    device: computeOptions.device,
  },
  notes: `The page at / shows runs, and computes in the browser that opens it.
Speaks the Open Inference Protocol (KServe, Triton) under /v2, and takes images
as they are under /v1; GET /openapi.json tells what there is. A name that is
given twice has two versions. A model whose file changes is loaded again. The
log goes to stderr, a JSON object a line. SIGTERM and Ctrl-C finish what is at
work.`,
  examples: [
    ['serve', 'the page, with the runs under runs/'],
    ['serve runs/photos', 'at http://127.0.0.1:8080'],
    ['serve flowers=runs/a faces=runs/b --port 9000', 'two models'],
    ['serve runs/photos --host 0.0.0.0 --api-key-file keys.txt', 'for others, with a key'],
  ],
  async run({ args, options, terminal }) {
    const { port = PORT, host = '127.0.0.1', maxBatch, maxDelay, queue, apiKeyFile, ...rest } = options;
    const { maxBody, maxPixels, concurrency, timeout, origin = [], threads, device } = rest;
    const { jsonLines, listen, namedPath, openServing } = await import('../serve/index.js');
    const log = jsonLines((line) => void process.stderr.write(line));
    const keys = apiKeyFile === undefined ? [] : await readKeys(apiKeyFile);
    const compute = await computeSettings({ ...(threads && { threads }), ...(device && { device }) });
    const batch = given({ max: maxBatch, delay: maxDelay, queue });
    const limits = given({ body: maxBody, pixels: maxPixels, concurrency, timeout });
    const serving = await openServing({
      ...compute,
      models: args.model.map(namedPath),
      runs: await runsFolder(options.runs),
      batch,
      limits,
      keys,
      origins: origin,
      log,
    });
    try {
      const listening = await listen(serving, { port, host, ...given({ requestTimeout: timeout }) });
      const urls = serving.models.map(({ name, version }) => ({
        name,
        version,
        url: `${listening.url}/v2/models/${name}/versions/${version}`,
      }));
      for (const { url } of urls) terminal.print(url);
      terminal.print(`${listening.url}/ shows the page`);
      terminal.print(`${counted(urls.length, 'model')} at ${listening.url}; Ctrl-C ends`);
      log({ level: 'info', event: 'listening', url: listening.url, models: urls });
      await interruptible(terminal, untilAsked, 'Finishing what is at work');
      await listening.close();
      log({ level: 'info', event: 'ended' });
      return { json: { url: listening.url, models: urls } };
    } finally {
      await serving.close();
    }
  },
});

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
