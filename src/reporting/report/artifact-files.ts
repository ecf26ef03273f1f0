import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { dataUri } from './html.ts';

/** The files of an artifact as a page reads and carries them: a published one inline, a stored one by its address. */
export interface ArtifactFiles {
  /** Of an artifact that is one file, such as `.csv`. */
  readonly extension: string;
  /** Relative names of what is in the folder, POSIX. */
  names(): readonly string[];
  has(name: string): boolean;
  /** The path of a file of the folder, or of the artifact itself by the empty name. Throws where there is none. */
  path(name: string): string;
  /** What a page writes as the source of a picture. */
  uri(name: string): string;
}

export const imageTypes: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
  '.svg': 'image/svg+xml',
};

/** A published artifact: its pictures stand in the page itself, which then needs no other file. */
export function publishedFiles(root: string): ArtifactFiles {
  const path = (name: string) => join(root, name);
  return {
    extension: extname(root),
    names: () => readdirSync(root, { recursive: true, encoding: 'utf8' }),
    has: (name) => existsSync(path(name)),
    path,
    uri: (name) => dataUri(imageTypes[extname(name).toLowerCase()]!, readFileSync(path(name))),
  };
}
