import type { Digest } from '../../digest.ts';
import { sealFile } from '../../seal-file.ts';
import type { Input } from '../config/pipeline.ts';
import type { Listing } from '../files/listing.ts';

/** A part that is sealed, and its seal: the digest of its {@link sealFile}. */
export interface SealedPart {
  readonly part: string;
  readonly seal: Digest;
}

/** The sealed parts of an artifact, except those whose seals are broken. */
export function sealedParts(
  { folder, files }: Pick<Listing, 'folder' | 'files'>,
  unsealed: ReadonlySet<Digest>,
): readonly SealedPart[] {
  if (!folder) return [];
  return files.flatMap(({ path, digest }) => {
    const part = path.slice(0, Math.max(0, path.indexOf('/')));
    const isSeal = path === `${part}/${sealFile}` && !unsealed.has(digest);
    return isSeal ? [{ part, seal: digest }] : [];
  });
}

/** What decides which parts of an artifact a stage reads. */
type PartsReader = Pick<Input, 'parts' | 'sealed'>;

/**
 * The parts that a stage reads, without those that are hidden from it; undefined: all. A program
 * reads what is there, so sealed parts are not there for it.
 */
export function readParts(
  listing: Listing,
  { parts, sealed }: PartsReader,
  unsealed: ReadonlySet<Digest>,
): readonly string[] | undefined {
  if (parts !== undefined || sealed !== 'hidden') return parts;
  const hidden = new Set(sealedParts(listing, unsealed).map(({ part }) => part));
  if (hidden.size === 0) return undefined;
  return Object.keys(listing.parts).filter((part) => part !== '' && !hidden.has(part));
}

/** The sealed parts that a stage reads. */
export function readSealed(
  listing: Listing,
  input: PartsReader,
  unsealed: ReadonlySet<Digest>,
): readonly SealedPart[] {
  const parts = readParts(listing, input, unsealed);
  return sealedParts(listing, unsealed).filter(({ part }) => parts?.includes(part) ?? true);
}

/** The sealed parts that a stage does not read. Its private folder does not show them. */
export function hiddenParts(
  listing: Listing,
  input: PartsReader,
  unsealed: ReadonlySet<Digest>,
): ReadonlySet<string> {
  const read = new Set(readSealed(listing, input, unsealed).map(({ part }) => part));
  const hidden = sealedParts(listing, unsealed).filter(({ part }) => !read.has(part));
  return new Set(hidden.map(({ part }) => part));
}

/**
 * An artifact as a stage reads it: the files of the parts that it reads, with those beside the
 * parts. The other parts are neither fetched for it nor in its private folder, whether they are
 * here or not.
 */
export function readArtifact<A extends Listing>(
  artifact: A,
  input: PartsReader,
  unsealed: ReadonlySet<Digest>,
): A {
  const parts = artifact.folder ? readParts(artifact, input, unsealed) : undefined;
  if (parts === undefined) return artifact;
  const read = new Set(['', ...parts]);
  return { ...artifact, files: artifact.files.filter(({ path }) => isInPart(path, read)) };
}

/** Whether a file of an artifact lies in one of these parts. */
export const isInPart = (path: string, parts: ReadonlySet<string>): boolean =>
  parts.has(path.slice(0, Math.max(0, path.indexOf('/'))));
