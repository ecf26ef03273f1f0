import { type Digest, isDigest } from '../../../digest.ts';
import { isJsonObject, type Json, jsonOf } from '../../../json.ts';
import type { StageName } from '../../config/pipeline.ts';

/** A run in a shared store: enough to publish its outputs without its data and its pipeline. */
export interface RunManifest {
  readonly run: string;
  readonly pipeline: string;
  readonly gitCommit?: string;
  readonly stages: Readonly<Record<StageName, ManifestStage>>;
  /** The digest of the run's page. */
  readonly report?: Digest;
  /** The digest of the object with the texts of its results. Absent: no such object was sent. */
  readonly entries?: Digest;
  /** What people wrote about the run, as lines of `notes/`; absent: nothing. */
  readonly notes?: readonly string[];
}

export interface ManifestStage {
  readonly result: Digest;
  /** The signposts to the result; absent: none. */
  readonly signposts?: readonly Digest[];
  /** Published paths by port, relative to the root. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Whether no other stage of the run reads it. */
  readonly isFinal: boolean;
}

/** The results of a run, and the signposts to them. */
export const resultsOf = ({ stages }: RunManifest): readonly Digest[] =>
  Object.values(stages).flatMap(({ result, signposts = [] }) => [...signposts, result]);

/**
 * The manifest in a text; undefined for something else. A signature says who wrote it, not that it
 * has this form.
 */
export function parseManifest(text: string): RunManifest | undefined {
  const manifest = jsonOf<Json>(text);
  if (!isJsonObject(manifest) || !isJsonObject(manifest['stages'])) return undefined;
  const { run, pipeline, gitCommit, report, entries, notes = [], stages } = manifest;
  const isManifest =
    typeof run === 'string' &&
    typeof pipeline === 'string' &&
    (gitCommit === undefined || typeof gitCommit === 'string') &&
    (report === undefined || isDigest(report)) &&
    (entries === undefined || isDigest(entries)) &&
    Array.isArray(notes) &&
    notes.every((line) => typeof line === 'string') &&
    Object.entries(stages).every(([name, stage]) => name !== '' && isStage(stage));
  return isManifest ? (manifest as object as RunManifest) : undefined;
}

function isStage(stage: Json): boolean {
  if (!isJsonObject(stage) || !isDigest(stage['result']) || !isJsonObject(stage['outputs']))
    return false;
  const signposts = stage['signposts'] ?? [];
  if (!Array.isArray(signposts) || !signposts.every(isDigest)) return false;
  return Object.values(stage['outputs']).every((path) => typeof path === 'string');
}
