import { createHash } from 'node:crypto';
import type { StageName } from '../pipeline.ts';

/** Most file systems take 255 bytes in a name; a port's name and an extension may follow. */
const longest = 150;

/**
 * A stage's name as a relative path that every file system takes: `fit[net=a,seed=2]` is `fit@net=a,seed=2`, and `sn/fit`
 * a folder in a folder. Different names stay different.
 */
export function safeName(name: StageName): string {
  const bracket = name.indexOf('[');
  const base = bracket < 0 ? name : name.slice(0, bracket);
  if (bracket < 0) return base;
  return `${base}@${safeWord(name.slice(bracket + 1, -1))}`;
}

/** A text as a part of a file name. Different texts stay different. */
export function safeWord(text: string): string {
  const encoded = text.replace(/[^\p{L}\p{N}_+=,.-]/gu, encode);
  if (encoded.length <= longest) return encoded;
  const hash = createHash('sha256').update(encoded).digest('hex').slice(0, 16);
  return `${encoded.slice(0, longest)}-${hash}`;
}

const encode = (character: string) => `%${character.codePointAt(0)!.toString(16).padStart(2, '0').toUpperCase()}`;
