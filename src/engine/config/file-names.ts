import { sha256 } from '../../digest.ts';
import type { StageName } from './pipeline.ts';

/**
 * Characters. Most file systems take 255 bytes in a name; a port's name and an extension may
 * follow.
 */
const longest = 150;

/**
 * A stage's name as a relative path for any file system: `fit@seed=2` for `fit[seed=2]`. Different
 * names stay different.
 */
export function safeName(name: StageName): string {
  const [base = '', axes] = name.split(/\[(.*)\]$/s);
  return axes === undefined ? base : `${base}@${safeWord(axes)}`;
}

/** A text as part of a file name. Different texts give different names. */
export function safeWord(text: string): string {
  const encoded = text.replace(/[^\p{L}\p{N}_+=,.-]/gu, encode);
  return encoded.length <= longest
    ? encoded
    : `${encoded.slice(0, longest)}-${sha256(encoded).slice(0, 16)}`;
}

const encode = (character: string) =>
  `%${character.codePointAt(0)!.toString(16).padStart(2, '0').toUpperCase()}`;

/** The extension of a POSIX path, by which a program may choose a format: `.tar.gz`, or empty. */
export const extensionOf = (path: string): string =>
  /\.[A-Za-z0-9.]+$/.exec(path.slice(path.lastIndexOf('/') + 1))?.[0] ?? '';

/**
 * A readable file name for some names, which stays unique if they differ only in case or special
 * characters.
 */
export function slug(...names: readonly string[]): string {
  const readable = names
    .join('.')
    .replace(/[^A-Za-z0-9_=,.-]+/g, '-')
    .replace(/^\.+/, '');
  return `${readable.slice(0, 80)}-${sha256(names.join('\0')).slice(0, 12)}`;
}
