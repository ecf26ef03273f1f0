import { type Digest, sha256 } from '../../digest.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { CheckpointRule, Stage } from '../config/pipeline.ts';

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

/**
 * Canonical JSON: keys sorted by code unit, no spaces, `undefined` left out. Throws for NaN and
 * infinity.
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

/** The SHA-256 of a fingerprint's canonical JSON, which names its result. */
export function hashFingerprint(fingerprint: Fingerprint): Digest {
  return sha256(canonicalJson(fingerprint));
}

// Array.isArray does not narrow readonly arrays.
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/**
 * The name of a stage's checkpoint, by fingerprint and versions, without outputs and how far to go;
 * undefined if none is kept.
 */
export function checkpointOf(
  { checkpointsWithout, cache }: CheckpointRule,
  fingerprint: Fingerprint,
  versions: { readonly restage: string; readonly node: string },
): Digest | undefined {
  if (checkpointsWithout === undefined || !cache) return undefined;
  const settings = Object.entries(fingerprint.settings).filter(
    ([name]) => !checkpointsWithout.includes(name),
  );
  const { outputs: _, ...rest } = fingerprint;
  const keyed = { ...rest, settings: Object.fromEntries(settings) };
  return sha256(`restage checkpoint\n${canonicalJson({ fingerprint: keyed, versions })}`);
}

/**
 * What the pieces of a stage have in common: everything in the fingerprint that the stage itself
 * cannot name in their keys. Undefined if none are kept.
 */
export function pieceBaseOf(
  { cache }: Pick<CheckpointRule, 'cache'>,
  { kind, version, env, backend, salt, trial }: Fingerprint,
): Digest | undefined {
  if (!cache) return undefined;
  const keyed = {
    kind,
    version,
    ...(env !== undefined && { env }),
    ...(backend !== undefined && { backend }),
    ...(salt !== undefined && { salt }),
    ...(trial !== undefined && { trial }),
  };
  return sha256(`restage pieces\n${canonicalJson(keyed)}`);
}

/** The fingerprint of a stage, with the items of its inputs by port. */
export function fingerprintStage(
  stage: Stage,
  inputs: ReadonlyMap<string, readonly KeyedItem[]>,
  { backend, salt }: Readonly<Record<'backend' | 'salt', string | undefined>>,
): Fingerprint {
  const keyed = stage.inputs.map(({ port, items }) => [
    port,
    keyedItems(items, inputs.get(port) ?? []),
  ]);
  return {
    kind: stage.kind,
    version: stage.kindVersion,
    settings: stage.keyedSettings,
    inputs: Object.fromEntries(keyed),
    outputs: stage.outputs.map(({ port, extension = '' }) => port + extension).sort(),
    ...(Object.keys(stage.env).length > 0 && { env: hashValues(stage.env) }),
    ...(stage.computes && backend !== undefined && { backend }),
    ...(salt !== undefined && { salt }),
    ...(stage.trial !== undefined && { trial: stage.trial }),
  };
}

function keyedItems(
  items: Stage['inputs'][number]['items'],
  keyed: readonly KeyedItem[],
): readonly FingerprintInput[] {
  return items.map(({ labels }, index) => ({
    ...keyed[index]!,
    ...(Object.keys(labels).length > 0 && { labels }),
  }));
}

/** Values of the environment are hashed, so that no token is in a readable file. */
function hashValues(env: Stage['env']): Readonly<Record<string, Digest | null>> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value === null ? null : sha256(value)]),
  );
}
