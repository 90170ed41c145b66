/** A command as data: what it takes, typed, and what it does. `main.ts` hands these to the parser. */
import { type Command, type HelpContext, Option } from 'commander';
import { Terminal } from './terminal.js';

/** One option: how it is written, what it does, how its text is read. */
export interface OptionRow<T = unknown> {
  /** As commander takes them: `--size <HxW>`, `--strict`. */
  readonly flags: string;
  readonly help: string;
  /** From the text to the value; throws InvalidArgumentError. Texts stay texts without it. */
  readonly parse?: ((text: string) => T) | undefined;
  readonly choices?: readonly (T & string)[] | undefined;
  /** The default before people; the value itself is decided where it is used. */
  readonly usual?: string | undefined;
  /** Heading in the help. */
  readonly group?: string | undefined;
}

type OptionDetails<T> = Omit<OptionRow<T>, 'flags' | 'help'>;

export function option<const C extends string>(
  flags: string,
  help: string,
  details: OptionDetails<C> & { readonly choices: readonly C[] },
): OptionRow<C>;
export function option<T>(
  flags: string,
  help: string,
  details: OptionDetails<T> & { readonly parse: (text: string) => T },
): OptionRow<T>;
export function option(flags: string, help: string, details?: OptionDetails<string>): OptionRow<string>;
export function option(flags: string, help: string, details: OptionDetails<string> = {}): OptionRow {
  return { flags, help, ...details };
}

/** An option without a value: true when given. */
export const flag = (flags: string, help: string, details: { readonly group?: string } = {}): OptionRow<true> => ({
  flags,
  help,
  ...details,
});

/** `--size` of `--size <HxW>`. */
export const flagOf = ({ flags }: OptionRow): string => flags.split(' ')[0]!;

/** `<model>`, `[data]`, `<image...>`: how arguments are written, by which their types follow. */
type ArgumentType<W extends string> = W extends `${string}...${string}`
  ? string[]
  : W extends `[${string}]`
    ? string | undefined
    : string;
type Bare<W extends string> = W extends `${'<' | '['}${infer N}...${'>' | ']'}`
  ? N
  : W extends `${'<' | '['}${infer N}${'>' | ']'}`
    ? N
    : never;

type Written = Readonly<Record<string, string>>;
export type Rows = Readonly<Record<string, OptionRow>>;
export type Arguments<A> = { readonly [W in keyof A & string as Bare<W>]: ArgumentType<W> };
export type Options<O> = { readonly [K in keyof O]?: O[K] extends OptionRow<infer T> ? T : never };

export interface Outcome {
  /** Printed under --json; absent where another process prints. */
  readonly json: object | undefined;
  /** 0 by default. */
  readonly exitCode?: number;
}

export interface CommandSpec<A extends Written = Written, O extends Rows = Rows> {
  /** Argument as written -> what it is. */
  readonly arguments: A;
  readonly options: O;
  /** More about it, below the options. */
  readonly notes?: string;
  /** Command lines that work as they stand, each with what it does. */
  readonly examples: readonly (readonly [line: string, job: string])[];
  run(given: {
    readonly args: Arguments<A>;
    readonly options: Options<O>;
    readonly terminal: Terminal;
  }): Promise<Outcome>;
}

/** Checks a command's rows against its code; returns it with the types erased, as tables keep it. */
export const command = <const A extends Written, const O extends Rows>(spec: CommandSpec<A, O>): CommandSpec =>
  spec as unknown as CommandSpec;

/** What every command understands. */
const common = [
  new Option('--json', 'print one JSON object on stdout; progress goes to stderr').helpGroup('Output:'),
  new Option('--verbose', 'show where errors come from').helpGroup('Output:'),
];

function commanderOption({ flags, help, parse, choices, usual, group }: OptionRow): Option {
  const details = [choices?.join(', '), usual && `default: ${usual}`].filter(Boolean).join('; ');
  const made = new Option(flags, details ? `${help} (${details})` : help);
  if (choices) made.choices(choices);
  if (parse) made.argParser(parse);
  if (group) made.helpGroup(`${group}:`);
  return made;
}

/** Gives a commander command what `spec` says; `done` hears of the outcome. */
export function equip(target: Command, spec: CommandSpec, done: (outcome: Outcome) => void): void {
  for (const [written, help] of Object.entries(spec.arguments)) target.argument(written, help);
  const options = Object.entries(spec.options).map(([key, row]) => ({ key, option: commanderOption(row) }));
  for (const one of [...options.map(({ option: made }) => made), ...common]) target.addOption(one);
  target.addHelpText('after', (context) => afterword(spec, context));
  target.action(async (...given: unknown[]) => {
    const names = Object.keys(spec.arguments).map((written) => written.replace(/[<>[\].]/g, ''));
    const parsed = target.opts();
    const named = options.map(({ key, option: made }) => [key, parsed[made.attributeName()]] as const);
    done(
      await spec.run({
        args: Object.fromEntries(names.map((name, i) => [name, given[i]])) as never,
        options: Object.fromEntries(named.filter(([, value]) => value !== undefined)),
        terminal: new Terminal(parsed.json === true),
      }),
    );
  });
}

function afterword({ examples, notes }: CommandSpec, { error }: HelpContext): string {
  if (error) return '';
  const lines = examples.map(([line, job]) => `  ${job}\n    resmirror ${line}`);
  return `\n${notes ? `${notes}\n\n` : ''}Examples:\n${lines.join('\n')}`;
}
