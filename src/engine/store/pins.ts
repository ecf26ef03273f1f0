import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, isDigest } from '../../digest.ts';
import { namesIn } from '../files/names-in.ts';
import { writeAtomic } from '../files/write-atomic.ts';

/** An empty file each, `cache/pins/<fingerprint>`: a result that gc keeps whatever its age. */
export function pinResult(cache: string, digest: Digest): void {
  writeAtomic(join(cache, 'pins', digest), '', { sync: false });
}

export function unpinResult(cache: string, digest: Digest): void {
  rmSync(join(cache, 'pins', digest), { force: true });
}

export function pins(cache: string): readonly Digest[] {
  return namesIn(join(cache, 'pins')).filter(isDigest);
}
