import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { PublishedFile } from '../../stage.ts';

/** The checksum that a published file must have. */
interface Checksum {
  readonly algorithm: 'sha256' | 'md5';
  /** In hexadecimal. */
  readonly digest: string;
}

export const checksumOf = (file: PublishedFile): Checksum =>
  'sha256' in file
    ? { algorithm: 'sha256', digest: file.sha256 }
    : { algorithm: 'md5', digest: file.md5 };

/** The digest of a file's bytes by the algorithm of a checksum, in hexadecimal. */
export async function digestOf(path: string, { algorithm }: Checksum): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
