import stringWidth from 'string-width';
import type { OutputStream } from './output-stream.ts';

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const eraseToEndOfLine = '\u001b[K';
const eraseBelow = '\u001b[J';

/**
 * The last lines of a terminal, redrawn in place while finished lines scroll by above them.
 *
 * Every change is one write that overwrites line by line, so nothing flickers. The cursor is hidden from the first
 * drawing on and shown again by `close`, or at the latest when the process exits.
 */
export class LiveRegion {
  readonly #stream: OutputStream;
  #lines: readonly string[] = [];
  #cursorHidden = false;
  readonly #restoreCursor = () => {
    if (this.#cursorHidden) this.#stream.write(showCursor);
  };

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /** Puts finished lines above the region and redraws it. */
  draw(finished: readonly string[], lines: readonly string[]): void {
    const unchanged = lines.length === this.#lines.length && lines.every((line, i) => line === this.#lines[i]);
    if (finished.length === 0 && unchanged) return;
    let text = this.#toTop();
    if (lines.length > 0 && !this.#cursorHidden) {
      text = hideCursor + text;
      this.#cursorHidden = true;
      process.once('exit', this.#restoreCursor);
    }
    if (finished.length > 0) text += eraseBelow + finished.map((line) => `${line}\n`).join('');
    for (const line of lines) text += `${line}${eraseToEndOfLine}\n`;
    if (finished.length === 0) text += eraseBelow; // also rows that a narrower terminal had wrapped
    this.#lines = lines;
    this.#stream.write(text);
  }

  /** Removes the region, leaves the finished lines, gives the cursor back. */
  close(finished: readonly string[]): void {
    this.draw(finished, []);
    this.#restoreCursor();
    this.#cursorHidden = false;
    process.off('exit', this.#restoreCursor);
  }

  /** Moves to the region's first line. A terminal made narrower has wrapped the lines meanwhile, so rows are counted anew. */
  #toTop(): string {
    const columns = this.#stream.columns ?? Number.POSITIVE_INFINITY;
    const rows = this.#lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0);
    return rows > 0 ? `\r\u001b[${rows}A` : '';
  }
}
