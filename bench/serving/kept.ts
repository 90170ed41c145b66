/**
 * What becomes of requests over connections that a server closes at the same moment because they were idle.
 *
 *   node build/bench/serving/kept.js
 *
 * Half of the requests of a client meet the end of what it keeps, while its thread is held up as on a busy machine. Node's Agent without a timeout of
 * its own does not heed the server's `Keep-Alive: timeout`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { print } from '../settings.js';

const CONNECTIONS = 300;
/** Milliseconds: a server's time for idle connections, what Node adds to it, and how long the client is held up around the end. */
const [SHORT, ADDED, HELD] = [2000, 1000, 400];
/** As `resmirror serve` has it. */
const LONG = 65_000;

interface Told {
  readonly asked: number;
  readonly errors: Readonly<Record<string, number>>;
}

async function ask(port: number): Promise<Told> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const errors: Record<string, number> = {};
  const once = () =>
    new Promise<void>((resolve) => {
      const sent = request({ port, host: '127.0.0.1', method: 'POST', agent }, (answer) =>
        answer.resume().on('end', resolve),
      );
      sent.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
        errors[code] = (errors[code] ?? 0) + 1;
        resolve();
      });
      sent.end(Buffer.alloc(150_000));
    });
  const connection = async (number: number) => {
    await once();
    await pause(SHORT + ADDED - HELD / 2);
    const until = performance.now() + (number === 0 ? HELD : 0);
    while (performance.now() < until); // held up
    await once();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => connection(i)));
  return { asked: 2 * CONNECTIONS, errors };
}

if (process.argv[2] === 'client')
  process.once('message', async (port: number) => {
    process.send!(await ask(port));
    process.exit();
  });
else {
  print(['idle connections are closed after', 'requests', 'errors'], '---');
  for (const keepAliveTimeout of [SHORT, LONG]) {
    const server = createServer({ keepAliveTimeout }, (asked, answer) =>
      asked.resume().on('end', () => answer.end('x')),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = fork(fileURLToPath(import.meta.url), ['client']);
    client.send((server.address() as AddressInfo).port);
    const [{ asked, errors }] = (await once(client, 'message')) as [Told];
    const named = Object.entries(errors).map(([code, times]) => `${times} ${code}`);
    print([`${keepAliveTimeout / 1000} s`, `${asked}`, named.join(', ') || '0']);
    server.closeAllConnections();
    server.close();
  }
}
