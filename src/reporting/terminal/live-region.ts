import stringWidth from 'string-width';
import type { OutputStream } from './colour.ts';
import { terminalText, writeRaw } from './terminal-text.ts';

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const eraseToEndOfLine = '\u001b[K';
const eraseBelow = '\u001b[J';

/**
 * The last lines of a terminal, redrawn by one write without flicker, the cursor hidden until
 * `close` or exit.
 */
export class LiveRegion {
  readonly #stream: OutputStream;
  readonly #coloured: boolean;
  #lines: readonly string[] = [];
  #cursorHidden = false;
  readonly #restoreCursor = () => {
    if (this.#cursorHidden) writeRaw(this.#stream, showCursor);
  };

  constructor(stream: OutputStream, coloured: boolean) {
    this.#stream = stream;
    this.#coloured = coloured;
  }

  draw(finished: readonly string[], lines: readonly string[]): void {
    const unchanged =
      lines.length === this.#lines.length && lines.every((line, i) => line === this.#lines[i]);
    if (finished.length === 0 && unchanged) return;
    let text = this.#toTop();
    if (lines.length > 0 && !this.#cursorHidden) {
      text = hideCursor + text;
      this.#cursorHidden = true;
      process.once('exit', this.#restoreCursor);
    }
    if (finished.length > 0)
      text += eraseBelow + finished.map((line) => `${this.#shown(line)}\n`).join('');
    for (const line of lines) text += `${this.#shown(line)}${eraseToEndOfLine}\n`;
    if (finished.length === 0) text += eraseBelow; // also rows that a narrower terminal had wrapped
    this.#lines = lines;
    writeRaw(this.#stream, text);
  }

  /** Only the codes of this class move the cursor. */
  #shown(line: string): string {
    return terminalText(line, this.#coloured);
  }

  close(finished: readonly string[]): void {
    this.draw(finished, []);
    this.#restoreCursor();
    this.#cursorHidden = false;
    process.off('exit', this.#restoreCursor);
  }

  /**
   * Moves to the region's first line. A terminal made narrower has wrapped the lines meanwhile, so
   * rows are counted again.
   */
  #toTop(): string {
    const columns = this.#stream.columns ?? Number.POSITIVE_INFINITY;
    const rows = this.#lines.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)),
      0,
    );
    return rows > 0 ? `\r\u001b[${rows}A` : '';
  }
}
