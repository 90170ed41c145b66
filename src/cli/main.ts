/** The program: finds the command, loads it and nothing else, prints what comes of it. */
import { Command, CommanderError } from 'commander';
import { VERSION } from '../version.js';
import { type CommandSpec, equip, type Outcome } from './command.js';
import { type Context, failureOf } from './failure.js';

interface CommandRow {
  readonly summary: string;
  /** Only what is asked for is loaded: --help and summary answer at once. */
  readonly load: () => Promise<CommandSpec>;
}

const commands: Readonly<Record<string, CommandRow>> = {
  summary: {
    summary: 'show the layers of a network: output shapes, parameters, multiply-adds',
    load: async () => (await import('./summary.js')).summary,
  },
  train: {
    summary: 'train a network to classify, to reconstruct or to make images',
    load: async () => (await import('./train.js')).train,
  },
  shard: {
    summary: 'write a folder of images as tar shards, which can be read as a stream',
    load: async () => (await import('./shard.js')).shard,
  },
  probe: {
    summary: 'train a new last layer on a model that stays as it is, in seconds',
    load: async () => (await import('./probe.js')).probe,
  },
  'find-lr': {
    summary: 'try learning rates from low to high, to find those to train with',
    load: async () => (await import('./find-rate.js')).findRate,
  },
  eval: {
    summary: 'judge a model on a set of images',
    load: async () => (await import('./eval.js')).evaluation,
  },
  compare: {
    summary: 'show how runs differ and what came of each',
    load: async () => (await import('./compare.js')).compare,
  },
  predict: {
    summary: 'say what is on images',
    load: async () => (await import('./predict.js')).predict,
  },
  embed: {
    summary: 'turn images into feature vectors',
    load: async () => (await import('./embed.js')).embed,
  },
  search: {
    summary: 'find the images that are most like one',
    load: async () => (await import('./search.js')).search,
  },
  explain: {
    summary: 'draw what a network looks at, and what it makes of images inside',
    load: async () => (await import('./explain.js')).explain,
  },
  reconstruct: {
    summary: 'send images through an autoencoder and back',
    load: async () => (await import('./reconstruct.js')).reconstruct,
  },
  generate: {
    summary: 'make images of random vectors',
    load: async () => (await import('./generate.js')).generate,
  },
  distance: {
    summary: 'say how far two sets of images lie apart',
    load: async () => (await import('./distance.js')).distance,
  },
  import: {
    summary: 'make a model of weights of PyTorch, Hugging Face, timm, Keras or NumPy',
    load: async () => (await import('./import.js')).importCommand,
  },
  export: {
    summary: 'write a model for ONNX, PyTorch, Hugging Face, timm, Triton, web pages',
    load: async () => (await import('./export.js')).exportModel,
  },
  quantize: {
    summary: 'write a model in 8-bit numbers, calibrated on images',
    load: async () => (await import('./quantize.js')).quantize,
  },
  serve: {
    summary: 'answer over HTTP what models say of images',
    load: async () => (await import('./serve.js')).serve,
  },
  doctor: {
    summary: 'show what is installed and what works on this machine',
    load: async () => (await import('./doctor.js')).doctor,
  },
  demo: {
    summary: 'train both kinds of network on images that the program draws, in a few minutes',
    load: async () => (await import('./demo.js')).demo,
  },
};

const OVERVIEW = `
A first round:
  resmirror doctor                               what works here
  resmirror demo                                 everything once, in minutes
  resmirror summary resnet50 --size 224          the network as a table
  resmirror train classify ./photos              photos/<class>/*.jpg
  resmirror predict runs/resnet18-photos-1 x.jpg

DATA is a folder of images (DATA/<class>/*.jpg or DATA/train/<class>/*.jpg), IDX
or CIFAR files, tar shards ('shard-{000000..000127}.tar', also by https), or
'drawn' for images that the program draws itself.
MODEL is a run folder, a .safetensors file, or weights that import takes.
'resmirror COMMAND --help' tells more.`;

/** Runs a command line (without node and script); resolves to the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  // 'resmirror predict … | head': nobody listens any more, which is no error
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const name = argv.find((word) => Object.hasOwn(commands, word)) ?? '';
  let spec: CommandSpec | undefined;
  try {
    spec = await commands[name]?.load();
    return await run(argv, name, spec);
  } catch (error) {
    return explain(error, argv, { command: name, options: spec?.options });
  }
}

async function run(argv: readonly string[], name: string, spec: CommandSpec | undefined): Promise<number> {
  const program = new Command('resmirror')
    .description('Residual networks in both directions: ResNet (image to classes) and its mirror (vector to image).')
    .usage('COMMAND …')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'show what can be given')
    .helpCommand('help [command]', 'show what a command takes')
    .addHelpText('after', ({ error }) => (error ? '' : OVERVIEW));
  quietly(program);
  let outcome: Outcome | undefined;
  for (const [word, { summary }] of Object.entries(commands)) {
    const target = quietly(program.command(word).description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`));
    target.summary(summary);
    if (word !== name || !spec) continue;
    equip(target, spec, (result) => {
      outcome = result;
    });
  }
  if (argv.length === 0) program.outputHelp();
  else await program.parseAsync(argv, { from: 'user' });
  if (outcome?.json && argv.includes('--json')) process.stdout.write(`${JSON.stringify(outcome.json, null, 2)}\n`);
  return outcome?.exitCode ?? 0;
}

/** Errors are thrown, and told by `explain`. */
const quietly = (command: Command): Command =>
  command
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeErr: () => {} })
    .configureHelp({ optionDescription: ({ description }) => description });

function explain(error: unknown, argv: readonly string[], given: Omit<Context, 'verbose'>): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help and --version
  const verbose = argv.includes('--verbose') || Boolean(process.env.DEBUG);
  const { message, exitCode } = failureOf(error, { ...given, verbose });
  if (argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: message }, null, 2)}\n`);
  else process.stderr.write(`resmirror: ${message}\n`);
  return exitCode;
}
