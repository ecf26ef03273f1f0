import { type Digest, sha256 } from '../../digest.ts';
import type { Json } from '../../json.ts';
import type { Fingerprint } from './fingerprint.ts';

/**
 * The canonical text of a JSON value: keys sorted by code unit, no spaces, keys with the value `undefined` left out.
 * Numbers and strings are written as `JSON.stringify` does. Throws for `NaN` and the infinities, which JSON lacks.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`Internal error: ${value} has no JSON form`);
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Json)}`);
  return `{${members.join(',')}}`;
}

/** The name of a stage's result: the SHA-256 of its fingerprint's canonical JSON. */
export function hashFingerprint(fingerprint: Fingerprint): Digest {
  return sha256(canonicalJson(fingerprint as unknown as Json));
}

// Array.isArray does not narrow readonly arrays.
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
