/** What a command may say: lines for people on stdout, news on stderr, colours where somebody can see them. */
import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];
/** Colours text where the stream shows colours; NO_COLOR, FORCE_COLOR and TERM are heeded by `hasColors`. */
export type Paint = (format: Format, text: string) => string;

type Stream = NodeJS.WriteStream & Partial<Pick<WriteStream, 'hasColors'>>;

const painter = (stream: Stream): Paint =>
  stream.isTTY && stream.hasColors?.()
    ? (format, text) => styleText(format, text, { validateStream: false } as Parameters<typeof styleText>[2])
    : (_, text) => text;

export class Terminal {
  /** For text on stdout. */
  readonly paint: Paint = painter(process.stdout);
  /** For text on stderr. */
  readonly paintNews: Paint = painter(process.stderr);

  constructor(
    /** One JSON object will be printed in the end, and nothing else on stdout. */
    readonly json: boolean,
  ) {}

  /** Columns of the screen, at least 40; 80 where there is no screen. */
  get width(): number {
    return Math.max(40, process.stdout.columns || process.stderr.columns || 80);
  }

  /** Results, for people. */
  print(text = ''): void {
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** News that are no result: progress, warnings. */
  news(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.news(`${this.paintNews('yellow', 'warning:')} ${text}`);
  }
}

/** Of processes for which another one speaks. */
export class Silence extends Terminal {
  constructor() {
    super(true);
  }

  override news(): void {}
}
