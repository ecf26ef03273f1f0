import type { Digest } from './digest.ts';
import { jsonOf } from './json.ts';

/**
 * The file that seals the part of an artifact in which it lies, such as the split `test` of a data
 * set. It belongs to that part alone: readers of other parts stay up to date when it comes.
 */
export const sealFile = 'restage-seal.json';

/** How many hex digits of a digest a seal holds: enough to find copies in a short line. */
export const sealedDigits = 16;

/**
 * What a kind writes into {@link sealFile}: the first {@link sealedDigits} of the SHA-256 of files
 * whose copies count as sealed, too, sorted.
 */
export interface SealContents {
  readonly format: 1;
  /** Images as they were read. */
  readonly images: readonly string[];
  /** The files of the part in which they are packed and listed. */
  readonly packed: readonly string[];
}

/** The text of a {@link sealFile}, by the digests of images and files in any order. */
export function formatSeal(images: Iterable<Digest>, packed: Iterable<Digest>): string {
  const contents: SealContents = {
    format: 1,
    images: shortened(images),
    packed: shortened(packed),
  };
  return `${JSON.stringify(contents, undefined, 1)}\n`;
}

const shortened = (digests: Iterable<Digest>): readonly string[] =>
  [...new Set([...digests].map((digest) => digest.slice(0, sealedDigits)))].sort();

/** The contents of a {@link sealFile}; empty where somebody wrote something else. */
export function parseSeal(text: string): SealContents {
  const { images, packed } = jsonOf<Partial<SealContents>>(text) ?? {};
  return { format: 1, images: shortDigests(images), packed: shortDigests(packed) };
}

const shortDigests = (list: unknown): readonly string[] =>
  Array.isArray(list) ? list.filter((text) => /^[0-9a-f]{16}$/.test(String(text))) : [];
