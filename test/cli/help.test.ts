import assert from 'node:assert/strict';
import { test } from 'node:test';
import { json, run, workplace } from './program.js';

const folder = await workplace();
const names = [
  'summary',
  'train',
  'shard',
  'probe',
  'find-lr',
  'eval',
  'compare',
  'predict',
  'embed',
  'search',
  'explain',
  'reconstruct',
  'generate',
  'distance',
  'import',
  'export',
  'quantize',
  'serve',
  'doctor',
  'demo',
];

test('--help names every command, and every command has examples that fit the screen', async () => {
  const { code, stdout } = await run(folder, '--help');
  assert.equal(code, 0);
  for (const name of names) assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
  for (const name of names) {
    const help = await run(folder, name, '--help');
    assert.equal(help.code, 0, name);
    assert.match(help.stdout, /Examples:/, name);
    assert.ok(Math.max(...help.stdout.split('\n').map((line) => line.length)) <= 80, name);
  }
});

test('find-lr offers nothing that only a gan takes', async () => {
  const helps = await Promise.all(['train', 'find-lr'].map((name) => run(folder, name, '--help')));
  for (const flag of ['--kind', '--gan-loss', '--discriminator-lr', '--r1', '--diff-augment'])
    assert.deepEqual(
      helps.map(({ stdout }) => stdout.includes(`${flag} `)),
      [true, false],
      flag,
    );
  for (const { stdout } of helps) assert.match(stdout, /--beta /);
});

test('--version', async () => {
  assert.match((await run(folder, '--version')).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('what is not understood ends with code 2 and says where to look', async () => {
  for (const words of [
    ['sumary'],
    ['summary'],
    ['train', 'classify', 'x', '--lr', '0'],
    ['train', 'classify', 'x', '--augment', 'randaugment:2'],
    ['train', 'classify', 'x', '--color-jitter', '0.4,0.4'],
    ['train', 'classify', 'x', '--color-jitter', '0.4,0.4,0.4,0.6'],
    ['train', 'classify', 'x', '--ema', '1'],
    ['train', 'classify', 'x', '--momentum', '1'],
    ['train', 'classify', 'x', '--dropout', '1'],
    ['train', 'classify', 'x', '--stochastic-depth', '1'],
    ['train', 'classify', 'x', '--label-smoothing', '1'],
    ['train', 'classify', 'x', '--layer-decay', '0'],
    ['train', 'classify', 'x', '--layer-decay', '1'],
    ['train', 'classify', 'x', '--lr-factor', '1'],
    ['train', 'classify', 'x', '--teacher-weight', '0'],
    ['train', 'classify', 'x', '--validation-fraction', '0'],
    ['summary', 'x', '--what'],
    ['train'],
  ]) {
    const { code, stdout, stderr } = await run(folder, ...words);
    assert.equal(code, 2, words.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, /^resmirror: .*/);
    assert.match(stderr, /--help' shows what can be given/);
  }
  assert.match((await run(folder, 'sumary')).stderr, /Did you mean summary\?/);
});

test('what does not work ends with code 1, one message and no stack', async () => {
  const { code, stderr } = await run(folder, 'predict', 'nowhere', 'x.png');
  assert.equal(code, 1);
  assert.match(stderr, /^resmirror: no model at nowhere: expected .*\n$/);
  assert.doesNotMatch(stderr, /\n {4}at /);
  assert.match((await run(folder, 'predict', 'nowhere', 'x.png', '--verbose')).stderr, /\n {4}at /);
  assert.match(String((await json(folder, 'predict', 'nowhere', 'x.png')).error), /^no model at nowhere/);
});

test('what does not fit together is named by its flags', async () => {
  const refused = async (words: readonly string[], expected: string) => {
    const { code, stderr } = await run(folder, ...words);
    assert.deepEqual([code, stderr], [1, `resmirror: ${expected}\n`]);
  };
  const classify = ['train', 'classify', 'drawn:64'];
  await refused(
    [...classify, '--schedule', 'step', '--min-lr', '0'],
    'the schedule step does not take --min-lr (cosine does); leave it out',
  );
  await refused(
    [...classify, '--optimizer', 'adamw', '--momentum', '0.9'],
    'adamw does not take --momentum (sgd and muon do); leave it out',
  );
  await refused(
    [...classify, '--discriminator-lr', '0.1', '--kind', 'gan'],
    'classify does not take --kind, --discriminator-lr (generate does); leave them out',
  );
  await refused(
    [...classify, '--freeze-epochs', '2'],
    '--freeze-epochs has no effect without --freeze; give it, or leave --freeze-epochs out',
  );
  await refused(
    [...classify, '--padding', '300', '--augment', 'randaugment:20,9'],
    'expected training options; --padding: expected <=256, got 300; --augment operations: expected <=16, got 20',
  );
  await refused(
    ['find-lr', 'classify', 'drawn:64', '--steps', '5'],
    'expected a range of learning rates; --steps: expected >=10, got 5',
  );
  assert.match(
    String((await json(folder, ...classify, '--schedule', 'step', '--min-lr', '0')).error),
    /does not take --min-lr/,
  );
  assert.match((await run(folder, 'train', '--resume', 'x', '--min-lr', '1')).stderr, /leave out --min-lr, or/);
});

test('summary shows the published figures, within 80 columns', async () => {
  const { stdout } = await run(folder, 'summary', 'resnet50', '--size', '224');
  assert.match(stdout, /^total +25,557,032 +4\.\d+ G$/m);
  assert.match(stdout, /^layer4\.2\.conv3 +Conv +2048×7×7 +1,048,576 /m);
  assert.ok(Math.max(...stdout.split('\n').map((line) => line.length)) <= 80);
  const stages = await run(folder, 'summary', 'autoencoder-resnet18', '--by', 'stage');
  assert.match(stages.stdout, /^decoder\.layer1 +64×16×16 /m);
  const { parameters, layers } = await json(folder, 'summary', 'resnet18', '--classes', '7');
  assert.equal(parameters, 11_180_103);
  assert.ok((layers as object[]).length > 40);
});

test('doctor finds a device that works', async () => {
  const { ok, checks } = await json(folder, 'doctor');
  assert.equal(ok, true);
  assert.deepEqual(
    (checks as { name: string; state: string }[]).filter(({ state }) => state === 'fail'),
    [],
  );
  // no GPU is nothing to be warned of
  for (const { name, state } of checks as { name: string; state: string }[])
    if (name === 'webgpu' || name === 'cuda') assert.match(state, /^(ok|absent)$/);
});
