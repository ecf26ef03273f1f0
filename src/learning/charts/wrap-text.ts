import { type Font, textWidth } from './fonts.ts';

/**
 * Breaks a text into lines no wider than `width`, in the unit of `size`: between words, but not
 * before a per cent sign, and inside a word only where it alone is too wide, then after a hyphen if
 * there is one. A text of more than `most` lines is cut and ends in `…`.
 */
export function wrapText(
  text: string,
  width: number,
  { size, weight = 'normal', most = 3 }: Font & { readonly most?: number },
): readonly string[] {
  const fits = (line: string) => textWidth(line, size, weight) <= width;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+(?!%)/).filter((word) => word !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const character of word) {
      while (line !== '' && !fits(line + character)) {
        const end = line.lastIndexOf('-') + 1 || line.length;
        lines.push(line.slice(0, end));
        line = line.slice(end);
      }
      line += character;
    }
  }
  lines.push(line);
  return lines.length <= most
    ? lines
    : [...lines.slice(0, most - 1), cut(`${lines[most - 1]!} …`, fits)];
}

/** Shortens a line that ends in `…` until it fits. */
function cut(line: string, fits: (line: string) => boolean): string {
  let characters = [...line.slice(0, -1).trimEnd()];
  while (characters.length > 0 && !fits(`${characters.join('')}…`))
    characters = characters.slice(0, -1);
  return `${characters.join('').trimEnd()}…`;
}
