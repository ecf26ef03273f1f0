import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';

/** A text cut to at most `columns` of a terminal, its last one an ellipsis where something is cut. Styles stay whole. */
export function clip(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  for (let end = columns - 1; end >= 0; end--) {
    const start = sliceAnsi(text, 0, end);
    if (stringWidth(start) < columns) return `${start}…`; // a wide character may reach beyond `end`
  }
  return '';
}

export const padEnd = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - stringWidth(text)));

export const padStart = (text: string, columns: number): string =>
  ' '.repeat(Math.max(0, columns - stringWidth(text))) + text;

/** A text in lines of at most `columns`, broken between words; a word that is longer has a line of its own. */
export function wrapWords(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && stringWidth(line) + 1 + stringWidth(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A stage's name as the command line takes it without quotes: `fit[seed=2]` is `fit@seed=2`. */
export function asArgument(stage: string): string {
  const bare = stage.replace(/\[(.*)\]$/, '@$1');
  return /^[\w@%+:=,./-]+$/.test(bare) ? bare : `'${bare}'`;
}
