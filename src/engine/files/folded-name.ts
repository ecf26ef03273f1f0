/** Invisible characters that the disks of a Mac leave out of names. */
const ignored = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/**
 * A name as the least exact of disks compares it: without regard to case and to forms of a letter,
 * such as the long s, to invisible characters, and to dots and spaces at its end. Equal folded
 * names may be one file there.
 */
export const foldedName = (name: string): string =>
  name
    .replace(ignored, '')
    .normalize('NFKC')
    .toUpperCase() // first: the lower case of a long s, or of a dotless i, is that letter itself
    .toLowerCase()
    .replace(/[ .]+$/, '');
