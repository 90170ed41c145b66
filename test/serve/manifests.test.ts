/** The examples for containers: their fields are Kubernetes' own, and what they start and ask for is there. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Container, Probe, Service } from 'kubernetes-types/core/v1.js';
import { temporaryFolder } from '../data/fixtures.js';
import { complaintsAbout, type Manifest, manifestsIn } from '../manifests.js';
import type { InferenceService } from './kserve-types.js';
import { written } from './models.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (name: string) => readFile(join(root, 'examples/serve', name), 'utf8');
const folder = await temporaryFolder();
const run = promisify(execFile);

/** Where each kind is described. */
const types: Readonly<Record<string, string>> = {
  Deployment: 'kubernetes-types/apps/v1.js',
  Service: 'kubernetes-types/core/v1.js',
  PodDisruptionBudget: 'kubernetes-types/policy/v1.js',
  HorizontalPodAutoscaler: 'kubernetes-types/autoscaling/v2.js',
  InferenceService: 'test/serve/kserve-types.js',
};
const complaints = (all: readonly Manifest[]) => complaintsAbout(all, types);

/** The words of an instruction in exec form. */
const words = (containerfile: string, instruction: string): string[] =>
  JSON.parse(new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(containerfile)![1]!);

/** What `serve` prints first, and how it is ended. */
async function started(args: readonly string[]) {
  const child = spawn(process.execPath, ['bin/resmirror.js', 'serve', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let log = '';
  child.stderr.on('data', (text) => {
    log += text;
  });
  for await (const line of createInterface(child.stdout))
    if (line.includes('Ctrl-C ends'))
      return {
        urls: line.match(/\w+:\/\/[\d.:]+/g)!,
        async end() {
          child.kill('SIGTERM');
          return (await exited)[0] as number;
        },
      };
  throw new Error(log);
}

/** The container's own arguments, at a folder of this machine and at free ports of it. */
const here = (args: readonly string[], models: string): string[] =>
  args
    .map((text) =>
      text.replace(/(^|=)(\/models\/photos|\/mnt\/models)$/, `$1${models}`).replace('0.0.0.0', '127.0.0.1'),
    )
    .map((text, i) => (args[i - 1] === '--grpc-port' ? '0' : text))
    .concat('--port', '0', '--threads', '1');

const numberOf = (args: readonly string[], flag: string) => Number(args[args.indexOf(flag) + 1]);

describe('examples for containers', async () => {
  const containerfile = await read('Containerfile');
  const kubernetes = await manifestsIn('examples/serve/kubernetes.yaml');
  const kserve = await manifestsIn('examples/serve/kserve.yaml');
  const deployment = kubernetes.find(({ kind }) => kind === 'Deployment') as Deployment;
  const pod = deployment.spec!.template.spec!;
  const predictor = (kserve[0] as InferenceService).spec.predictor;

  it('have the fields that Kubernetes and KServe know, and no others', async () => {
    assert.deepEqual(
      kubernetes.map(({ kind }) => kind),
      ['Deployment', 'Service', 'PodDisruptionBudget', 'HorizontalPodAutoscaler'],
    );
    assert.equal(await complaints([...kubernetes, ...kserve]), '');
    const misspelt = JSON.parse(JSON.stringify(deployment).replace('readinessProbe', 'readynessProbe'));
    assert.match(await complaints([misspelt]), /readynessProbe/);
  });

  it('belong together: names, ports, and time enough for the end', () => {
    const [container] = pod.containers as [Container];
    const ports = new Map(container.ports!.map(({ name, containerPort }) => [name, containerPort]));
    assert.deepEqual(
      [...ports],
      [
        ['http', 8080],
        ['grpc', numberOf(container.args!, '--grpc-port')],
      ],
    );
    assert.deepEqual(words(containerfile.replace(/EXPOSE (\d+) (\d+)/, 'EXPOSE [$1, $2]'), 'EXPOSE'), [
      ...ports.values(),
    ]);
    const service = kubernetes.find(({ kind }) => kind === 'Service') as Service;
    assert.deepEqual(
      service.spec!.ports!.map(({ targetPort }) => targetPort),
      [...ports.keys()],
    );
    assert.deepEqual(service.spec!.selector, deployment.spec!.template.metadata!.labels);
    const seconds =
      Number(container.lifecycle!.preStop!.exec!.command![1]) + numberOf(container.args!, '--timeout') / 1000;
    assert.ok(pod.terminationGracePeriodSeconds! > seconds);
    assert.equal(pod.securityContext!.runAsUser, Number(/^USER (\d+)$/m.exec(containerfile)![1]));
  });

  it('start a server whose probes answer', async () => {
    assert.deepEqual(words(containerfile, 'ENTRYPOINT'), ['node', 'bin/resmirror.js', 'serve']);
    const model = await written(folder, 'classifier', 'photos');
    const cases = [pod.containers[0]!, predictor.containers![0]!, { args: words(containerfile, 'CMD') } as Container];
    for (const { args, startupProbe, readinessProbe, livenessProbe } of cases) {
      const { urls, end } = await started(here(args!, model));
      for (const probe of [startupProbe, readinessProbe, livenessProbe] as (Probe | undefined)[])
        if (probe) assert.equal((await fetch(urls[0] + probe.httpGet!.path!)).status, 200);
      assert.equal((await fetch(`${urls[0]}/v2/models/photos/ready`)).status, 200);
      assert.equal(urls.length, args!.includes('--grpc-port') ? 2 : 1);
      const [, ...check] = words(containerfile, ' +CMD').map((word) => word.replace('http://127.0.0.1:8080', urls[0]!));
      await run(process.execPath, check);
      assert.equal(await end(), 0);
      await assert.rejects(run(process.execPath, check), { code: 1 });
    }
  });
});
