/** Sockets behind a certificate, which may change while they are open. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { Certificate, listen, listenGrpc } from '../../src/serve/index.js';
import type { Entry } from '../../src/serve/log.js';
import { GRPCInferenceService } from '../../src/serve/protocol/grpc/inference_pb.js';
import { temporaryFolder, userError } from '../data/fixtures.js';
import { serving, size } from './models.js';
import { printed, pythonWith } from './python.js';

const folder = await temporaryFolder();
const at = (name: string) => join(folder, name);
const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'there is no openssl here';

/** A certificate that signs itself, for this machine. */
function certified(name: string) {
  const [cert, key] = [at(`${name}.crt`), at(`${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-nodes'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-out', cert, '-keyout', key], { stdio: 'ignore' });
  return { cert, key };
}

const until = async (condition: () => boolean) => {
  for (let i = 0; i < 300 && !condition(); i++) await new Promise((done) => setTimeout(done, 20));
  assert.ok(condition());
};

/** The name in the certificate that a socket shows. */
const shownAt = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(url.replace('grpcs', 'https'));
    const socket: TLSSocket = connectTls(
      {
        host,
        port: Number(port),
        rejectUnauthorized: false,
        ALPNProtocols: [url.startsWith('grpcs') ? 'h2' : 'http/1.1'],
      },
      () => {
        resolve(`${socket.getPeerCertificate().subject.CN}`);
        socket.destroy();
      },
    ).on('error', reject);
  });

const statusOf = (url: string, ca: Buffer): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${url}/v2/health/ready`, { ca, agent: false }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });

const python = pythonWith('grpc', 'grpc_tools');

/** A client of others trusts the certificate, and is answered. */
async function askedByPython(url: string, cert: string): Promise<void> {
  await writeFile(at('pixels'), new Uint8Array(size[0] * size[1] * 3));
  const [client, protos] = ['test/serve/client.py', 'src/serve/protocol/grpc'].map((path) =>
    fileURLToPath(new URL(`../../../${path}`, import.meta.url)),
  );
  const args = [client!, folder, protos!, url.replace('grpcs://', ''), at('pixels'), cert];
  assert.equal(((await printed(python!, args)) as { ready: boolean }).ready, true);
}

describe('certificates', { skip }, () => {
  const closers: (() => unknown)[] = [];
  after(async () => {
    for (const close of closers.reverse()) await close();
  });

  it('stand before both sockets, and change with their files', async () => {
    const [first, second] = [certified('first'), certified('second')];
    const files = { cert: at('live.crt'), key: at('live.key') };
    const put = async ({ cert, key }: typeof first) => {
      await copyFile(cert, files.cert);
      await copyFile(key, files.key);
    };
    await put(first);
    const lines: Entry[] = [];
    const certificate = await Certificate.open(files, { every: 30, log: (line) => void lines.push(line) });
    const server = await serving(folder, ['classifier']);
    const [http, grpc] = [
      await listen(server, { port: 0, certificate }),
      await listenGrpc(server, { port: 0, certificate }),
    ];
    closers.push(
      () => server.close(),
      () => certificate.close(),
      http.close,
      grpc.close,
    );
    assert.match(`${http.url} ${grpc.url}`, /^https:.* grpcs:/);
    const ca = await readFile(first.cert);
    assert.equal(await statusOf(http.url, ca), 200);
    const nodeOptions = { ca };
    const transport = createGrpcTransport({ baseUrl: grpc.url.replace('grpcs', 'https'), nodeOptions });
    assert.equal((await createClient(GRPCInferenceService, transport).serverReady({})).ready, true);
    await assert.rejects(statusOf(http.url, await readFile(second.cert)), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    if (python) await askedByPython(grpc.url, first.cert);
    await put(second);
    await until(() => lines.some(({ event }) => event === 'certificate reloaded'));
    assert.deepEqual([await shownAt(http.url), await shownAt(grpc.url)], ['second', 'second']);
    await writeFile(files.cert, 'no certificate');
    await until(() => lines.at(-1)?.event === 'certificate not reloaded, the old one goes on');
    assert.equal(await statusOf(http.url, await readFile(second.cert)), 200);
  });

  it('are refused where they do not fit', async () => {
    const [{ cert, key }, other] = [certified('a'), certified('b')];
    await writeFile(at('text'), 'text');
    const cases: readonly (readonly [cert: string, key: string, says: string])[] = [
      [at('none'), key, `cannot read the certificate in ${at('none')} (ENOENT)`],
      [cert, at('none'), `cannot read the key in ${at('none')} (ENOENT)`],
      [at('text'), key, `expected a certificate as PEM in ${at('text')}, got something else`],
      [cert, at('text'), `expected a key as PEM without a passphrase in ${at('text')}`],
      [cert, other.key, `the key in ${other.key} does not belong to the certificate in ${at('a.crt')}`],
    ];
    for (const [cert, key, says] of cases) await assert.rejects(Certificate.open({ cert, key }), userError(says));
  });
});
