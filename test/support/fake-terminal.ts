import type { OutputStream } from '../../src/reporting/terminal/colour.ts';

/**
 * A terminal for tests: it obeys the few codes that reporters use, and throws at others. No styles,
 * no wide characters.
 */
export class FakeTerminal implements OutputStream {
  readonly isTTY = true;
  columns: number;
  rows: number;
  cursorHidden = false;
  /** How many times something was written. */
  writes = 0;
  #lines: { text: string; wrapped: boolean }[] = [{ text: '', wrapped: false }];
  #row = 0;
  #column = 0;

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  /** All lines, including those that have scrolled off the top. */
  get screen(): string {
    return this.#lines.map(({ text }) => text.trimEnd()).join('\n');
  }

  write(text: string): void {
    this.writes++;
    for (const [token, count, code] of text.matchAll(/\p{Cc}\[(\??\d*)([A-Za-z])|./gsu))
      this.#obey(token, count ?? '', code);
  }

  /**
   * Wraps every line anew, as terminals do; the cursor stays at the end, where reporters leave it.
   */
  resize(columns: number): void {
    const whole: string[] = [];
    for (const { text, wrapped } of this.#lines) {
      if (wrapped) whole.push(`${whole.pop()}${text}`);
      else whole.push(text);
    }
    this.columns = columns;
    this.#lines = whole.flatMap((text) => {
      const parts = text.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [''];
      return parts.map((part, index) => ({ text: part, wrapped: index > 0 }));
    });
    this.#row = this.#lines.length - 1;
    this.#column = this.#lines.at(-1)!.text.length;
  }

  #obey(token: string, count: string, code: string | undefined): void {
    if (code === undefined) this.#type(token);
    else if (code === 'A') {
      this.#row -= Number(count);
      if (this.#row < Math.max(0, this.#lines.length - this.rows))
        throw new Error('The cursor left the screen');
    } else if (code === 'K') this.#line.text = this.#line.text.slice(0, this.#column);
    else if (code === 'J') {
      this.#line.text = this.#line.text.slice(0, this.#column);
      this.#lines.length = this.#row + 1;
    } else if (token === '\u001b[?25l') this.cursorHidden = true;
    else if (token === '\u001b[?25h') this.cursorHidden = false;
    else throw new Error(`Unknown code ${JSON.stringify(token)}`);
  }

  #type(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') this.#newLine(false);
    else {
      if (this.#column === this.columns) this.#newLine(true);
      const { text } = this.#line;
      this.#line.text =
        text.slice(0, this.#column).padEnd(this.#column) + character + text.slice(this.#column + 1);
      this.#column++;
    }
  }

  #newLine(wrapped: boolean): void {
    this.#row++;
    this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push({ text: '', wrapped });
    this.#line.wrapped = wrapped;
  }

  get #line(): { text: string; wrapped: boolean } {
    return this.#lines[this.#row]!;
  }
}
