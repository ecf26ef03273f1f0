/** A text of at most so many characters, the last one an ellipsis where something is cut. */
export const cutText = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;
