import type { Digest } from '../../digest.ts';
import type { JsonObject } from '../../json.ts';

/**
 * Everything that decides a stage's outputs, as readable JSON. Its SHA-256 names the result.
 *
 * It does not hold names of stages and pipelines, published paths, absolute paths, time, host, CPU count or key order.
 */
export interface Fingerprint {
  readonly kind: string;
  readonly version: number | string;
  /** Without those at their default. */
  readonly settings: JsonObject;
  /** By port, in order; `digest` covers the parts that the stage reads. */
  readonly inputs: Readonly<Record<string, readonly FingerprintInput[]>>;
  /** Port names, sorted. Ports that the file declares have their extension, which programs may go by: `plot.svg`. */
  readonly outputs: readonly string[];
  /** The SHA-256 of each declared variable's value; null where it is unset. */
  readonly env?: Readonly<Record<string, Digest | null>>;
  /** Only where the user named a backend. */
  readonly backend?: string;
  readonly salt?: string;
}

export interface FingerprintInput {
  readonly digest: Digest;
  /** The extension of a single file, such as `.csv`: a stage sees no more of its name. Absent for folders and with `name`. */
  readonly extension?: string;
  /** The name of the user's only file or folder in a list, which a stage sees as it sees those of several. */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
}
