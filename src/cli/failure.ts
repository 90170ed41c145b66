/** How errors leave the program. */
import { CommanderError } from 'commander';
import { UserError } from '../errors.js';
import { flagOf, type Rows } from './command.js';

export interface Failure {
  readonly message: string;
  /** 1: it did not work; 2: the command line is not understood. */
  readonly exitCode: number;
}

/** What is known when an error comes. */
export interface Context {
  readonly verbose?: boolean;
  /** The command that was given, and the options that it takes. */
  readonly command?: string;
  readonly options?: Rows | undefined;
}

/** What to tell about an error, in one message without a stack; `verbose` adds where it comes from. */
export function failureOf(error: unknown, { verbose = false, command = '', options = {} }: Context = {}): Failure {
  if (error instanceof CommanderError) return { message: usage(error, command), exitCode: 2 };
  const message = error instanceof UserError ? inFlags(error, options) : (error as Error).message;
  const { stack = message, code } = error as NodeJS.ErrnoException;
  const ours = error instanceof UserError || code === 'ENOSPC';
  if (ours) return { message: verbose ? `${message}\n\n${stack}` : message, exitCode: 1 };
  return {
    message: `${message}\n\nThis is a bug in resmirror, not yours. Please report it with the following lines:\n${stack}`,
    exitCode: 1,
  };
}

/** A message with options as they are typed: `--min-lr` for leastRate. */
function inFlags({ message, options: keys }: UserError, rows: Rows): string {
  const wordOf = (key: string) => {
    const path = key.split('.');
    const at = path.findLastIndex((part) => Object.hasOwn(rows, part));
    return at < 0 ? key : [flagOf(rows[path[at]!]!), ...path.slice(at + 1)].join(' ');
  };
  return message.replace(/\w+(\.\w+)*/g, (word) => (keys.includes(word) ? wordOf(word) : word));
}

/** A command line that parses but asks for nothing that can be done. */
export const usageError = (message: string): CommanderError => new CommanderError(2, 'usage', message);

const usage = ({ message }: CommanderError, command: string) =>
  `${message.replace(/^error: /, '')}\n\n'resmirror ${command ? `${command} ` : ''}--help' shows what can be given.`;
