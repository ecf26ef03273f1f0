const invisible = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u;
const wide =
  /^[\p{Emoji_Presentation}\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{20000}-\u{3fffd}]$/u;

function widthOf(character: string): number {
  if (character <= '~') return character < ' ' ? 0 : 1;
  return invisible.test(character) ? 0 : wide.test(character) ? 2 : 1;
}

/** How many columns of a terminal a text without escape codes takes: East Asian characters and emoji are two wide. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** A text cut to at most `columns`, its last one an ellipsis where something is cut. */
export function clip(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let width = 0;
  let clipped = '';
  for (const character of text) {
    width += widthOf(character);
    if (width > columns - 1) break;
    clipped += character;
  }
  return columns > 0 ? `${clipped}…` : '';
}

export const padEnd = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - displayWidth(text)));

export const padStart = (text: string, columns: number): string =>
  ' '.repeat(Math.max(0, columns - displayWidth(text))) + text;
