import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DigestIndex } from '../../src/engine/files/digest-index.ts';
import { hashFingerprint } from '../../src/engine/fingerprint/fingerprint.ts';
import type { StageResult, StoredArtifact } from '../../src/engine/store/stage-result.ts';

/** The artifact that a file or folder holds. */
export async function listArtifact(path: string): Promise<StoredArtifact> {
  const { folder, files, digest, parts } = await new DigestIndex(
    join(tmpdir(), 'restage-clock'),
  ).list(path);
  return { type: 'files', folder, files, digest, parts };
}

/** The result of an invented stage; its seed decides the fingerprint. */
export function exampleResult(
  seed: number,
  outputs: Readonly<Record<string, StoredArtifact>> = {},
): StageResult {
  const fingerprint = {
    kind: 'command',
    version: 1,
    settings: { seed },
    inputs: {},
    outputs: Object.keys(outputs),
  };
  return {
    format: 1,
    digest: hashFingerprint(fingerprint),
    fingerprint,
    outputs,
    stored: true,
    record: {
      startedAt: '2025-01-31T09:12:03.000Z',
      seconds: 1.5,
      attempts: 1,
      host: 'here',
      node: 'v20.19.0',
      restage: '0.1.0',
      cpus: 1,
      notes: {},
      highlights: [],
      warnings: [],
    },
  };
}
