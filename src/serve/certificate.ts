/** A certificate and its key for the sockets, read again when their files change. */
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { UserError } from '../errors.js';
import type { Log } from './log.js';

/** Where a certificate and its key lie, as PEM. */
export interface CertificateFiles {
  /** PEM: the certificate, and those that lead to a known one behind it. */
  readonly cert: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Milliseconds between looks at the files. */
const LOOKS = 10_000;

export interface WatchOptions {
  readonly log?: Log | undefined;
  /** Milliseconds between looks; 10,000 by default. */
  readonly every?: number | undefined;
}

/** A certificate that is read again when its files change. */
export class Certificate {
  private readonly takers = new Set<(pair: Pair) => void>();

  private constructor(
    private readonly files: CertificateFiles,
    private pair: Pair,
    private readonly log: Log,
  ) {}

  /** @throws UserError for files that cannot be read, that are no PEM, or that do not belong together */
  static async open(
    files: CertificateFiles,
    { log = () => {}, every = LOOKS }: WatchOptions = {},
  ): Promise<Certificate> {
    const certificate = new Certificate(files, await readPair(files), log);
    for (const file of [files.cert, files.key])
      watchFile(file, { interval: every, persistent: false }, certificate.changed);
    return certificate;
  }

  /** Hands over what is there now, and whatever takes its place. */
  give(take: (pair: Pair) => void): void {
    this.takers.add(take);
    take(this.pair);
  }

  close(): void {
    for (const file of [this.files.cert, this.files.key]) unwatchFile(file, this.changed);
  }

  /** Between the change of one file and the other they do not belong together: the old ones go on until they do. */
  private readonly changed = async (): Promise<void> => {
    try {
      this.pair = await readPair(this.files);
      for (const take of this.takers) take(this.pair);
      this.log({ level: 'info', event: 'certificate reloaded' });
    } catch (error) {
      const { message } = error as Error;
      this.log({ level: 'error', event: 'certificate not reloaded, the old one goes on', message });
    }
  };
}

async function readPair(files: CertificateFiles): Promise<Pair> {
  const [cert, key] = await Promise.all([readPem(files.cert, 'the certificate'), readPem(files.key, 'the key')]);
  const fits = (options: Partial<Pair>, reason: string) => {
    try {
      createSecureContext(options);
    } catch (error) {
      throw new UserError(`${reason} (${(error as Error).message})`);
    }
  };
  fits({ cert }, `expected a certificate as PEM in ${files.cert}, got something else`);
  fits({ key }, `expected a key as PEM without a passphrase in ${files.key}, got something else`);
  fits({ cert, key }, `the key in ${files.key} does not belong to the certificate in ${files.cert}`);
  return { cert, key };
}

const readPem = (file: string, what: string): Promise<Buffer> =>
  readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot read ${what} in ${file} (${error.code})`);
  });
