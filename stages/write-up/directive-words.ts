/**
 * The words that begin a placeholder other than a slot. A pipeline's own input cannot have these
 * names.
 */
export const directiveWords: readonly string[] = ['expect', 'if', 'else', 'end'];
