import { plainText } from '../../plain-text.ts';

/** The most characters of each text, so that no note can fill a page. */
export const longest = { name: 100, note: 4000, tag: 40 } as const;
/** The most tags that one line adds or removes. */
export const mostTags = 20;
/** The most characters of a line. Longer ones are no notes. */
export const longestLine = 16_384;

/** Characters that turn the direction of the text after them. */
const directions = /[\u202a-\u202e\u2066-\u2069]/g;
/** Halves of surrogate pairs without the other one. */
const halves = /\p{Surrogate}/gu;

/**
 * A text of anybody's that can be shown: no control characters, no turned direction, and no half
 * of a character, which JSON writes with six.
 */
export const harmless = (text: string): string =>
  plainText(text).replace(directions, '').replace(halves, '\ufffd');

export const oneLine = (text: string): string => harmless(text).replace(/\s+/g, ' ').trim();

/** Whether something is left of a tag as it will be shown. */
export const isTag = (tag: string): boolean => tag !== '';
