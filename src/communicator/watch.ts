/**
 * Notices that a process of a job has died, and names it. MPI calls wait for ever for who is not there any more; launchers mostly end the
 * job then, but not all, and few say which rank it was. So every process keeps a connection to that of rank 0, which the system closes when
 * a process ends, however it does; a machine that is gone is noticed by TCP's probes, in 15 s. No message is needed while all is well, so
 * a process may be busy for as long as it likes.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { writeSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Communicator } from './communicator.js';
import { fromFirst } from './first.js';
import { gathered } from './gathered.js';

/** Before probes begin; ten of them follow, one each second. */
const QUIET_MS = 5_000;
/** To be reached at one of the addresses of rank 0. */
const REACH_MS = 3_000;
const TOKEN_BYTES = 16;
/** What is said by a process that ends the job itself: it has told why. */
const ENDING = 'ending\n';

interface Peer {
  readonly rank: number;
  readonly host: string;
  readonly pid: number;
}

export class Watch {
  private over = false;

  private constructor(
    private readonly sockets: readonly Socket[],
    private readonly server: Server | undefined,
  ) {}

  /**
   * Connects all ranks to rank 0. Who cannot reach it is not watched, and left to the launcher.
   * @param onLost ends the job; called once, after the loss was told
   */
  static async open(communicator: Communicator, onLost: () => void): Promise<Watch> {
    const { rank, size, host } = communicator;
    const peers = await gathered<Peer>(communicator, { rank, host, pid: process.pid });
    const [first, ...others] = peers as [Peer, ...Peer[]];
    const token = randomBytes(TOKEN_BYTES);
    const door = rank === 0 ? await openDoor(token) : undefined;
    const { port, key } = await fromFirst(communicator, () => ({ port: door!.port, key: token.toString('hex') }));
    const addresses = await fromFirst(communicator, ownAddresses);
    const reached =
      rank === 0 ? undefined : await reach(host === first.host ? ['127.0.0.1', ...addresses] : addresses, port);
    reached?.write(Buffer.concat([Buffer.from(key, 'hex'), Buffer.from([rank >> 8, rank & 255])]));
    const all = await gathered(communicator, reached !== undefined);
    const guests = door ? await door.guests(all.filter(Boolean).length) : new Map<number, Socket>();
    const watch = new Watch(reached ? [reached] : [...guests.values()], door?.server);
    if (reached) watch.keep(reached, first, size, onLost);
    for (const peer of others) {
      const socket = guests.get(peer.rank);
      if (socket) watch.keep(socket, peer, size, onLost);
    }
    return watch;
  }

  /** Tells the others that this process ends the job, so that they need not guess why it is gone. */
  announceEnd(): void {
    this.over = true;
    for (const socket of this.sockets) socket.write(ENDING);
  }

  /** From now on processes may go. */
  rest(): void {
    this.over = true;
  }

  close(): void {
    this.over = true;
    for (const socket of this.sockets) socket.destroy();
    this.server?.close();
  }

  private keep(socket: Socket, { rank, host, pid }: Peer, size: number, onLost: () => void): void {
    socket.setKeepAlive(true, QUIET_MS);
    socket.unref();
    socket.on('data', () => this.rest());
    const lost = (how: string) => {
      if (this.over) return;
      this.over = true;
      // at once: the launcher may be about to end this process too
      writeSync(2, `resmirror: rank ${rank} of ${size} on ${host} (process ${pid}) is gone: ${how}; the job ends\n`);
      onLost();
    };
    socket.on('error', ({ message }) => lost(`its machine does not answer (${message})`));
    socket.on('close', () => lost('it was killed, or crashed'));
  }
}

/** Where others can find this machine. */
const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((all = []) =>
    all.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address),
  );

interface Door {
  readonly server: Server;
  readonly port: number;
  /** Who has come, by rank; waits for so many, but not long. */
  guests(expected: number): Promise<ReadonlyMap<number, Socket>>;
}

/** Lets in who knows the token. */
async function openDoor(token: Buffer): Promise<Door> {
  const guests = new Map<number, Socket>();
  let onGuest = () => {};
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (said) => {
      if (said.length !== TOKEN_BYTES + 2 || !timingSafeEqual(said.subarray(0, TOKEN_BYTES), token)) {
        socket.destroy();
        return;
      }
      guests.set(said.readUInt16BE(TOKEN_BYTES), socket);
      onGuest();
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, resolve));
  server.unref();
  return {
    server,
    port: (server.address() as { port: number }).port,
    guests: (expected) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve(guests), REACH_MS);
        onGuest = () => {
          if (guests.size < expected) return;
          clearTimeout(timer);
          resolve(guests);
        };
        onGuest();
      }),
  };
}

/** The first of some addresses that answers. */
async function reach(addresses: readonly string[], port: number): Promise<Socket | undefined> {
  for (const host of addresses) {
    const socket = connect({ host, port, timeout: REACH_MS });
    const reached = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('timeout', () => resolve(false));
      socket.once('error', () => resolve(false));
    });
    socket.removeAllListeners();
    if (reached) return socket.setTimeout(0);
    socket.on('error', () => {}).destroy();
  }
  return undefined;
}
