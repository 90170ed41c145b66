import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openCommunicator } from '../../src/communicator/index.js';
import { conformance } from './conformance.js';
import { type LauncherName, launchers, needing, runRanks } from './launchers.js';

const RANKS = fileURLToPath(new URL('./ranks.js', import.meta.url));
const HOOKS = fileURLToPath(new URL('./hooks.js', import.meta.url));

for (const [name, check] of Object.entries(conformance))
  test(`one process: ${name}`, async () => {
    const communicator = await openCommunicator({});
    assert.equal(communicator.size, 1);
    await check(communicator);
    await communicator.close();
  });

for (const launcher of Object.keys(launchers) as LauncherName[]) {
  for (const ranks of [2, 3])
    test(`${launcher}: ${ranks} ranks do what communicators do`, needing(launcher), async () => {
      const { exitCode, stdout, stderr } = await runRanks(launcher, ranks, [RANKS]);
      assert.equal(exitCode, 0, stderr);
      for (const name of Object.keys(conformance)) assert.match(stdout, new RegExp(`^ok ${name}$`, 'm'));
      assert.match(stdout, new RegExp(`${ranks} ranks on ${launcher}`, 'i'));
    });

  test(`${launcher}: a failing rank ends the others`, needing(launcher), async () => {
    const program =
      "import { openCommunicator } from './build/src/communicator/index.js';" +
      'const communicator = await openCommunicator();' +
      'if (communicator.rank === 1) communicator.abort(5);' +
      'await communicator.barrier();';
    const { exitCode } = await runRanks(launcher, 3, ['--input-type=module', '-e', program]);
    assert.equal(exitCode, 5);
  });

  test(`${launcher}: the C library's memory functions stay as they were`, needing(launcher), async () => {
    const { exitCode, stderr } = await runRanks(launcher, 2, [HOOKS]);
    assert.equal(exitCode, 0, stderr);
  });

  test(`${launcher}: a library of another make is refused`, needing(launcher), async () => {
    const other = launcher === 'MPICH' ? 'libmpi.so.40' : 'libmpich.so.12';
    const { exitCode, stderr } = await runRanks(launcher, 2, [RANKS], { RESMIRROR_MPI: other });
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /knows of 1|no MPI library that goes with it/);
  });

  test(`${launcher}: where no library is found, it says what was tried`, needing(launcher), async () => {
    const { exitCode, stderr } = await runRanks(launcher, 2, [RANKS], { RESMIRROR_MPI: '/nowhere/libmpi.so' });
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /no MPI library .* tried \/nowhere\/libmpi\.so/);
    assert.match(stderr, /Install one/);
  });
}
