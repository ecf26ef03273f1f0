import { type Digest, sha256 } from '../../digest.ts';
import { groupBy } from '../../group-by.ts';
import { compare } from '../../sort-order.ts';

/**
 * One file of an artifact: `path` is relative and POSIX, or empty where the artifact is a single
 * file.
 */
export interface ListedFile {
  readonly path: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  /**
   * Part of the digest, but only for outputs of stages: the user's files have the modes of any disk
   * or archive.
   */
  readonly executable?: true;
}

/**
 * The content of a file or folder. A folder's parts are its top-level folders; files beside them
 * belong to every part.
 */
export interface Listing {
  readonly folder: boolean;
  /** In code-unit order of `path`. */
  readonly files: readonly ListedFile[];
  readonly digest: Digest;
  /**
   * Digest of each part alone, and of the files that belong to every part under the empty name;
   * absent for a file.
   */
  readonly parts: Readonly<Record<string, Digest>>;
}

/** The listing of a single file. Its digest is that of the content, unless it is executable. */
export function fileListing(file: Omit<ListedFile, 'path'>): Listing {
  const digest = file.executable ? sha256(`restage executable\n${file.digest}`) : file.digest;
  return { folder: false, files: [{ path: '', ...file }], digest, parts: {} };
}

/** The listing of a folder with these files, in any order. */
export function folderListing(files: Iterable<ListedFile>): Listing {
  const sorted = [...files].sort((a, b) => compare(a.path, b.path));
  const parts = groupBy(sorted, ({ path }) => path.slice(0, Math.max(0, path.indexOf('/'))));
  return {
    folder: true,
    files: sorted,
    digest: digestFiles('folder', sorted),
    // fromEntries, since a folder may be called `__proto__`.
    parts: Object.fromEntries(
      [...parts].map(([part, members]) => [part, digestFiles('part', members)]),
    ),
  };
}

/**
 * The digest of these parts with the files beside them, by default of the whole. A missing part
 * counts, too.
 */
export function partsDigest(listing: Listing, parts: readonly string[] | undefined): Digest {
  if (parts === undefined || !listing.folder) return listing.digest;
  const names = [...new Set(['', ...parts])].sort();
  const lines = names.map((name) => `${name}\0${partDigest(listing, name) ?? 'missing'}\n`);
  return sha256(`restage parts\n${lines.join('')}`);
}

const partDigest = (listing: Listing, part: string): Digest | undefined =>
  Object.hasOwn(listing.parts, part) ? listing.parts[part] : undefined;

/**
 * The first line keeps this digest different from that of any file, and a name cannot hold the NUL.
 */
function digestFiles(what: 'folder' | 'part', sorted: readonly ListedFile[]): Digest {
  const lines = sorted.map(
    (file) => `${file.path}\0${file.digest}${file.executable ? ' executable' : ''}\n`,
  );
  return sha256(`restage ${what}\0\n${lines.join('')}`);
}
