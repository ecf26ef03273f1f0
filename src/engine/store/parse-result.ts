import { type Digest, isDigest } from '../../digest.ts';
import { artifactTypes } from '../../stage.ts';
import { fileListing, folderListing, type ListedFile } from '../files/listing.ts';
import { hashFingerprint } from '../fingerprint/canonical-json.ts';
import type { StageResult, StoredArtifact } from './stage-result.ts';

/**
 * Reads a stored result, by hand since a schema library would cost more than the rest of an empty run. Throws with the
 * reason when the text is not the whole, unaltered result of this name: then it is a miss.
 */
export function parseResult(text: string, digest: Digest): StageResult {
  const result: unknown = JSON.parse(text);
  expect(isRecord(result) && result['format'] === 1, 'it is not a result of this version');
  expect(isRecord(result['fingerprint']), 'it has no fingerprint');
  expect(typeof result['stored'] === 'boolean' && isRecord(result['outputs']), 'it lacks its outputs');
  expect(isRecord(result['record']) && Array.isArray(result['record']['highlights']), 'it lacks its record');
  const parsed = result as unknown as StageResult;
  expect(parsed.digest === digest && hashFingerprint(parsed.fingerprint) === digest, 'its fingerprint is not its name');
  for (const artifact of Object.values(parsed.outputs)) checkArtifact(artifact);
  return parsed;
}

/** The digest of an artifact follows from its files, so an altered listing shows. */
function checkArtifact(artifact: StoredArtifact): void {
  expect(isRecord(artifact) && Array.isArray(artifact.files), 'an output has no files');
  expect(artifactTypes.includes(artifact.type), 'an output has no type');
  for (const file of artifact.files) expect(isListedFile(file, artifact.folder), 'an output lists what is no file');
  const [only] = artifact.files;
  expect(artifact.folder || (only !== undefined && artifact.files.length === 1), 'an output is not one file');
  const again = artifact.folder ? folderListing(artifact.files) : fileListing(only as ListedFile);
  expect(again.digest === artifact.digest, 'an output is not what its digest says');
}

/** Paths are written to when the result is restored: none may lead out of the artifact. */
function isListedFile(file: unknown, inFolder: boolean): boolean {
  if (!isRecord(file) || !isDigest(file['digest']) || typeof file['path'] !== 'string') return false;
  if (!Number.isSafeInteger(file['size'])) return false;
  if (!inFolder) return file['path'] === '';
  return file['path'].split('/').every((name) => name !== '' && name !== '.' && name !== '..');
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
