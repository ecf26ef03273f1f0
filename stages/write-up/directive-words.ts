/**
 * The words that begin a place other than a slot. A pipeline's own input cannot have these names.
 */
export const directiveWords: readonly string[] = ['expect', 'if', 'else', 'end'];
