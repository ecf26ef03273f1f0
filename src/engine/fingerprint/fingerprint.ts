import type { Digest } from '../../digest.ts';
import type { JsonObject } from '../../json.ts';

/**
 * Everything that decides a stage's outputs, as readable JSON; its SHA-256 names the result.
 *
 * Not here: names of stages and pipelines, published paths, absolute paths, time, host, CPU count, key order.
 */
export interface Fingerprint {
  readonly kind: string;
  readonly version: number | string;
  /** Without those at their default. */
  readonly settings: JsonObject;
  /** By port, in order; `digest` covers the parts that the stage reads. */
  readonly inputs: Readonly<Record<string, readonly FingerprintInput[]>>;
  /** Port names, sorted; of those that the file declares, with the extension that their program may go by: `plot.svg`. */
  readonly outputs: readonly string[];
  /** SHA-256 of each declared value, null where unset. */
  readonly env?: Readonly<Record<string, Digest | null>>;
  /** Only where the user named one. */
  readonly backend?: string;
  readonly salt?: string;
}

export interface FingerprintInput {
  readonly digest: Digest;
  /** Of a single file, such as `.csv`: a stage sees no more of its name. Absent for a folder, and where its name is keyed. */
  readonly extension?: string;
  /** Of the user's only file or folder in a list, whose name a stage sees as it sees those of several. */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
}
