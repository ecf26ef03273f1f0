import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { Fingerprint } from './fingerprint.ts';

/** A value that differs between two fingerprints; `undefined` on the side that lacks it. */
export interface FingerprintDifference {
  /** Such as `settings.optimizer.learningRate` or `inputs.scores[1].labels["net.size"]`. */
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/**
 * The differences value by value, in the order of `before`, with new values of `after` last. Empty
 * for equal ones.
 */
export function diffFingerprints(
  before: Fingerprint,
  after: Fingerprint,
): readonly FingerprintDifference[] {
  return diffValues('', before, after);
}

/** The same for two values at a path. */
export function diffValues(
  path: string,
  before: Json | undefined,
  after: Json | undefined,
): readonly FingerprintDifference[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, i) =>
      diffValues(`${path}[${i}]`, before[i], after[i]),
    ).flat();
  }
  if (isJsonObject(before) && isJsonObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) =>
      diffValues(memberPath(path, key), member(before, key), member(after, key)),
    );
  }
  return Object.is(before, after) ? [] : [{ path, before, after }];
}

function memberPath(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

const member = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;
