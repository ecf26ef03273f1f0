import type { Digest } from '../../../digest.ts';
import { jsonOf } from '../../../json.ts';
import type { StageName } from '../../config/pipeline.ts';

/** A run in a shared store: enough to publish its outputs without its data and its pipeline. */
export interface RunManifest {
  readonly run: string;
  readonly pipeline: string;
  readonly gitCommit?: string;
  readonly stages: Readonly<Record<StageName, ManifestStage>>;
  /** The digest of the run's page. */
  readonly report?: Digest;
}

export interface ManifestStage {
  readonly result: Digest;
  /** Published paths by port, relative to the root. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Whether no other stage of the run reads it. */
  readonly isFinal: boolean;
}

/** The manifest in a text; undefined for something else. */
export function parseManifest(text: string): RunManifest | undefined {
  const manifest = jsonOf<RunManifest>(text);
  return typeof manifest?.run === 'string' && typeof manifest.stages === 'object' ? manifest : undefined;
}
