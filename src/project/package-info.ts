import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, sha256 } from '../digest.ts';
import { packageRoot } from '../package-root.ts';

export const version: string = JSON.parse(
  readFileSync(join(packageRoot, 'package.json'), 'utf8'),
).version;

/**
 * Files that change whenever Restage's own code does: with a release, and with a build during
 * development.
 */
export const codeFiles: readonly string[] = [
  'package.json',
  'dist/start.cjs',
  'dist/main.js',
  'dist/stage-main.js',
  'dist/job-main.js',
]
  .map((name) => join(packageRoot, name))
  .filter((path) => existsSync(path));

/**
 * The digest of Restage's own code, by which a job notices that it is not the one that decided
 * about its stage.
 */
export const buildDigest = (): Digest =>
  sha256(codeFiles.map((path) => sha256(readFileSync(path))).join());
