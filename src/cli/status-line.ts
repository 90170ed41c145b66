/** One line at the bottom of the screen that keeps changing; without a screen, a plain line now and then. */
import { shortened } from './columns.js';

/** Often enough to look alive, seldom enough to cost nothing. */
const REDRAW_MS = 100;
/** Without a screen every line stays. */
const PLAIN_MS = 10_000;
const CLEAR = '\r\x1b[2K';

export class StatusLine {
  private readonly screen = process.stderr.isTTY === true;
  private drawn = performance.now() - (this.screen ? REDRAW_MS : 0);
  private visible = false;

  /** Shows a text when it is time to; `plain` is what lines without a screen say. */
  update(text: (width: number) => string, plain: () => string): void {
    const now = performance.now();
    if (now - this.drawn < (this.screen ? REDRAW_MS : PLAIN_MS)) return;
    this.drawn = now;
    if (!this.screen) {
      process.stderr.write(`${plain()}\n`);
      return;
    }
    const width = (process.stderr.columns || 80) - 1;
    process.stderr.write(`${CLEAR}${text(width)}`);
    this.visible = true;
  }

  /** Makes room for lines that stay. */
  clear(): void {
    if (this.visible) process.stderr.write(CLEAR);
    this.visible = false;
  }

  /** A line that stays, above. */
  keep(line: string): void {
    this.clear();
    process.stderr.write(`${line}\n`);
    this.drawn = this.screen ? 0 : performance.now();
  }
}

/** `label ━━━━━━━╺━━━━━ figures`, the rail as long as there is room. */
export function rail(
  share: number,
  { label, figures, width }: { readonly label: string; readonly figures: string; readonly width: number },
): { readonly label: string; readonly done: string; readonly left: string; readonly figures: string } {
  const room = Math.max(0, Math.min(24, width - label.length - figures.length - 2));
  const full = Math.round(Math.min(1, Math.max(0, share)) * room);
  return {
    label,
    done: '━'.repeat(full),
    left: '─'.repeat(room - full),
    figures: shortened(figures, width - label.length - 1),
  };
}
