/** Clients that write to sockets as they please. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An open connection that never fails its test by itself. */
export async function connection(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Writes bytes, and resolves to all that comes until the server closes, or has been quiet for so many milliseconds. */
export async function said(url: string, pieces: readonly (string | Uint8Array)[], quiet = 300): Promise<string> {
  const socket = await connection(url);
  const parts: Buffer[] = [];
  const timer = setTimeout(() => socket.destroy(), quiet);
  socket.on('data', (part) => {
    parts.push(part);
    timer.refresh();
  });
  const closed = once(socket, 'close');
  for (const piece of pieces) if (socket.writable) socket.write(piece);
  await closed;
  clearTimeout(timer);
  return Buffer.concat(parts).toString('latin1');
}

/** The statuses of all answers in what a connection said. */
export const statuses = (text: string): readonly number[] =>
  [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));

/** Memory in use after a full collection, in bytes. */
export async function memoryNow(): Promise<{ heap: number; rss: number }> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}
