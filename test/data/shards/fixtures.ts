/** Shards for tests, made by hand, and a server that fails as servers do. */
import { open, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { after } from 'node:test';
import { END, writeEntry } from '../../../src/data/shards/tar.js';
import { drawing, write } from '../fixtures.js';

/** Files in an archive: name -> contents. */
export type Contents = Readonly<Record<string, string | Uint8Array>>;

export const tar = (files: Contents): Buffer =>
  Buffer.concat([...Object.entries(files).flatMap(([name, bytes]) => [...writeEntry(name, Buffer.from(bytes))]), END]);

/** Small JPEGs, each different, with their numbers as names. */
export const jpegs = (numbers: readonly number[], side = 16): Promise<readonly (readonly [string, Buffer])[]> =>
  Promise.all(
    numbers.map(async (n) => {
      const bytes = await drawing(side, side, n % 256)
        .jpeg()
        .toBuffer();
      return [`${n}`.padStart(4, '0'), bytes] as const;
    }),
  );

/** Shards `set-0.tar`, … of as many samples as told, whose classes are 0, 1, 2 in turn. Returns the names of all samples. */
export async function writeSet(folder: string, sizes: readonly number[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const [shard, size] of sizes.entries()) {
    const from = names.length;
    const images = await jpegs(Array.from({ length: size }, (_, i) => from + i));
    const files = images.flatMap(([key, jpeg], i) => [
      [`${key}.jpg`, jpeg],
      [`${key}.cls`, `${(from + i) % 3}`],
    ]);
    await write(join(folder, `set-${shard}.tar`), tar(Object.fromEntries(files) as Contents));
    names.push(...images.map(([key]) => `set-${shard}.tar/${key}`));
  }
  return names;
}

export interface Asked {
  readonly file: string;
  readonly range: string | undefined;
  /** Of all requests, from 1. */
  readonly number: number;
}

/** How a request goes: as it should, or by hand. `true` for handled. */
export type Mischief = (asked: Asked, answer: { readonly body: Buffer; readonly response: ServerResponse }) => boolean;

export interface Server {
  /** Ends in a slash. */
  readonly url: string;
  readonly asked: readonly Asked[];
}

/** Serves the files of a folder with ranges and tags, on the loopback interface, until the test file ends. */
export async function serve(folder: string, mischief: Mischief = () => false, { ranges = true } = {}): Promise<Server> {
  const asked: Asked[] = [];
  const answer = async ({ url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const file = basename(new URL(url, 'http://x').pathname);
    const one = { file, range: headers.range, number: asked.length + 1 };
    asked.push(one);
    const whole = await readFile(join(folder, file)).catch(() => undefined);
    if (!whole) {
      response.writeHead(404).end();
      return;
    }
    const tag = `"${file}-${whole.length}"`;
    const given = headers['if-range'] === undefined || headers['if-range'] === tag ? headers.range : undefined;
    const part = ranges ? given : undefined;
    const from = Number(/^bytes=(\d+)-$/.exec(part ?? '')?.[1] ?? 0);
    const body = whole.subarray(from);
    response.statusCode = part ? 206 : 200;
    response.setHeader('etag', tag);
    response.setHeader('content-length', body.length);
    if (part) response.setHeader('content-range', `bytes ${from}-${whole.length - 1}/${whole.length}`);
    if (!mischief(one, { body, response })) response.end(body);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked };
}

/** Sends so many bytes of an answer, then ends the connection. */
export const cut = (
  { body, response }: { readonly body: Buffer; readonly response: ServerResponse },
  bytes: number,
) => {
  response.write(body.subarray(0, bytes), () => setTimeout(() => response.destroy(), 30)); // when these have come
  return true;
};

/** Overwrites a file's bytes from `at` on. */
export async function scribble(path: string, at: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
}
