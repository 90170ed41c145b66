/** The launch files of the examples: their fields are known, their commands are understood, and the plain one trains. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { commandOf, launchers, needing } from '../communicator/launchers.js';
import { complaintsAbout, manifestsIn } from '../manifests.js';
import type { MPIJob } from './mpijob-types.js';
import { newFolder, tiny } from './tiny.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
const types = { MPIJob: 'test/train/mpijob-types.js' };

test('the MPIJob has the fields that the operator knows, and as many ranks as slots', async () => {
  const [job] = (await manifestsIn('examples/cluster/mpijob.yaml')) as unknown as [MPIJob];
  assert.equal(await complaintsAbout([job], types), '');
  const misspelt = JSON.parse(JSON.stringify(job).replace('slotsPerWorker', 'slotsPerWorkers'));
  assert.match(await complaintsAbout([misspelt], types), /slotsPerWorkers/);

  const { slotsPerWorker, mpiReplicaSpecs } = job.spec;
  const { args } = mpiReplicaSpecs.Launcher.template.spec!.containers[0]!;
  assert.equal(Number(args![args!.indexOf('-np') + 1]), slotsPerWorker! * mpiReplicaSpecs.Worker.replicas!);
  await run('bash', ['-n', '-c', args!.at(-1)!]);
  const [, line] = /exec resmirror (train classify .*?);/.exec(args!.at(-1)!)!;
  await run(process.execPath, [join(root, 'bin/resmirror.js'), ...line!.split(' '), '--help']);
});

test("Slurm's file is a script, with options before its first command", async () => {
  const file = join(root, 'examples/cluster/slurm.sbatch');
  await run('bash', ['-n', file]);
  const lines = (await readFile(file, 'utf8')).split('\n');
  const command = lines.findIndex((line) => line !== '' && !line.startsWith('#'));
  const options = lines.flatMap((line, i) => (line.startsWith('#SBATCH') ? [i] : []));
  assert.ok(options.length > 0 && options.every((i) => i < command && /^#SBATCH --[a-z-]+(=\S+)?$/.test(lines[i]!)));
});

test('the host file starts a training, and goes on with it', needing('Open MPI'), async () => {
  const out = await newFolder();
  const hosts = `${out}-hosts`;
  await writeFile(hosts, 'localhost slots=2\n');
  const { net, variant, size, batch, data } = tiny;
  const args = ['classify', data, '--net', net, '--variant', variant, '--size', `${size}`, '--batch', `${batch}`];
  const env = {
    ...process.env,
    ...launchers['Open MPI'].environment,
    HOSTS: hosts,
    RUN: out,
    MPIRUN: commandOf('Open MPI')!,
    RESMIRROR: `${process.execPath} ${join(root, 'bin/resmirror.js')}`,
  };
  const start = () => run('bash', [join(root, 'examples/cluster/mpirun.sh'), ...args, '--epochs', '1'], { env });
  assert.match((await start()).stderr, /2 processes joined by Open MPI/);
  assert.match((await start()).stderr, /Going on after step 6/);
});
