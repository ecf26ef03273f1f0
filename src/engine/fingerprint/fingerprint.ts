import { type Digest, sha256 } from '../../digest.ts';
import type { JsonObject } from '../../json.ts';
import { canonicalJson } from './canonical-json.ts';

/**
 * Everything that decides a stage's outputs: no names, published or absolute paths, times, hosts,
 * CPU counts, key order. A type, since an interface is no {@link Json}.
 */
export type Fingerprint = {
  readonly kind: string;
  readonly version: number | string;
  /** Without those at their default. */
  readonly settings: JsonObject;
  /** By port, in order; `digest` covers the parts that the stage reads. */
  readonly inputs: Readonly<Record<string, readonly FingerprintInput[]>>;
  /**
   * Port names, sorted. Ports that the file declares have their extension, by which a program may
   * choose a format: `plot.svg`.
   */
  readonly outputs: readonly string[];
  /** The SHA-256 of each declared variable's value; null where it is unset. */
  readonly env?: Readonly<Record<string, Digest | null>>;
  readonly backend?: string;
  readonly salt?: string;
  /** The number of a trial that repeats the first; absent for the first. */
  readonly trial?: string;
  /** Of a stage that proposes a trial: the inputs whose items are the trials that had ended. */
  readonly history?: readonly string[];
};

/**
 * What a fingerprint holds of an input item beside labels: the digest of the parts that are read,
 * and what is seen of its name.
 */
export type KeyedItem = {
  readonly digest: Digest;
  /**
   * The extension of a single file, such as `.csv`: a stage sees nothing else of its name. Absent
   * for folders and with `name`.
   */
  readonly extension?: string;
  /**
   * The name of a user's file or folder that is the only item of a list. With several, the labels
   * have their paths.
   */
  readonly name?: string;
};

export type FingerprintInput = KeyedItem & {
  readonly labels?: Readonly<Record<string, string>>;
};

/** The SHA-256 of a fingerprint's canonical JSON, which names its result. */
export function hashFingerprint(fingerprint: Fingerprint): Digest {
  return sha256(canonicalJson(fingerprint));
}
