import { type Digest, isDigest } from '../../../digest.ts';
import { jsonOf } from '../../../json.ts';
import { slug } from '../../config/file-names.ts';
import { isSignedBy, type KeyId, type SigningKey, sign } from './keys.ts';

/** Where an object lies: a part of the bytes under a key. */
export interface Location {
  readonly key: string;
  readonly start: number;
  readonly length: number;
}

export type Locations = ReadonlyMap<Digest, Location>;

/**
 * The content of an envelope: a stage's result, or a run. A signature of one kind is not valid for
 * the other.
 */
export type EnvelopeKind = 'result' | 'run';

/**
 * A signed text with the locations of the objects that it names. The signature covers the text
 * alone, which holds every digest: so anybody who may write can move bytes elsewhere, and nobody
 * can change them.
 */
export interface Envelope {
  readonly text: string;
  /** In base64. Others may store it again, with other locations. */
  readonly signature: string;
  readonly locations: Locations;
}

/** Locations as files hold them: `at` has the index of a key, and start and length in bytes. */
export interface PackedLocations {
  readonly keys: readonly string[];
  readonly at: Readonly<Record<Digest, readonly [key: number, start: number, length: number]>>;
}

/** The form of an envelope in the store. */
interface EnvelopeFile extends PackedLocations {
  readonly format: 1;
  readonly text: string;
  readonly signature: string;
}

const signed = (kind: EnvelopeKind, text: string): string => `restage ${kind}\n${text}`;

/**
 * A signed text as it is in the store: `signer` is a key, or the signature that the text has
 * already.
 */
export async function sealEnvelope(
  kind: EnvelopeKind,
  text: string,
  locations: Locations,
  signer: SigningKey | string,
): Promise<string> {
  const signature = typeof signer === 'string' ? signer : await sign(signed(kind, text), signer);
  return JSON.stringify({
    format: 1,
    text,
    signature,
    ...packLocations(locations),
  } satisfies EnvelopeFile);
}

/** The envelope that bytes hold, if a public key signed it; undefined for anything else. */
export function openEnvelope(
  kind: EnvelopeKind,
  bytes: Buffer,
  publicKey: string,
): Envelope | undefined {
  try {
    const file = JSON.parse(bytes.toString('utf8')) as EnvelopeFile;
    if (file.format !== 1 || !isSignedBy(signed(kind, file.text), file.signature, publicKey))
      return undefined;
    return { text: file.text, signature: file.signature, locations: unpackLocations(file) };
  } catch {
    return undefined;
  }
}

/** What an envelope says and names, whoever signed it; undefined for something else. */
export function referencesOf(
  bytes: Buffer | undefined,
): { readonly text: string; readonly keys: readonly string[] } | undefined {
  const { text, keys } = jsonOf<EnvelopeFile>(bytes?.toString() ?? '') ?? {};
  return Array.isArray(keys) && typeof text === 'string' ? { text, keys } : undefined;
}

export function packLocations(locations: Locations): PackedLocations {
  const keys = [...new Set([...locations.values()].map(({ key }) => key))];
  const indices = new Map(keys.map((key, index) => [key, index]));
  const at = [...locations].map(([digest, { key, start, length }]) => [
    digest,
    [indices.get(key)!, start, length],
  ]);
  return { keys, at: Object.fromEntries(at) };
}

/**
 * Locations are not signed, so each is checked: it may only name packs and objects. Bytes are
 * verified wherever they lie.
 */
export function unpackLocations({ keys, at }: PackedLocations): Locations {
  const isSize = (value: number) => Number.isSafeInteger(value) && value >= 0;
  const locations = Object.entries(at).flatMap(
    ([digest, [index, start, length]]): [Digest, Location][] => {
      const key = keys[index];
      if (
        key === undefined ||
        !isDataKey(key) ||
        !isDigest(digest) ||
        !isSize(start) ||
        !isSize(length)
      )
        return [];
      return [[digest, { key, start, length }]];
    },
  );
  return new Map(locations);
}

/** Whether a key is that of an object or a pack. */
export const isDataKey = (key: string): boolean =>
  /^(?:objects|packs)\/[0-9a-f]{2}\/[0-9a-f]{64}(?:-[0-9a-f]{8})?$/.test(key);

/**
 * The key of an object or a pack. A suffix may follow, for a copy of bytes that are about to be
 * deleted.
 */
export const dataKeyOf = (folder: 'objects' | 'packs', digest: Digest): string =>
  `${folder}/${digest.slice(0, 2)}/${digest}`;

export const resultKey = (fingerprint: Digest, owner: KeyId): string =>
  `results/${fingerprint.slice(0, 2)}/${fingerprint}-${owner}.json`;

/** The fingerprint and the owner in the key of a result; undefined for another key. */
export function parseResultKey(
  key: string,
): { readonly fingerprint: Digest; readonly owner: KeyId } | undefined {
  const [, fingerprint, owner] =
    /^results\/[0-9a-f]{2}\/([0-9a-f]{64})-([0-9a-f]{16})\.json$/.exec(key) ?? [];
  return owner === undefined ? undefined : { fingerprint: fingerprint as Digest, owner };
}

/** The prefix of the keys of a pipeline's runs. */
export const runsOf = (pipeline: string): string => `runs/${slug(pipeline)}/`;

/** The key of a run's manifest. Names of runs sort by time. */
export const runKey = (pipeline: string, run: string, owner: KeyId): string =>
  `${runsOf(pipeline)}${run}/${owner}.json`;

/** The run and the owner in the key of a manifest; undefined for another key. */
export function parseRunKey(
  key: string,
): { readonly run: string; readonly owner: KeyId } | undefined {
  const [, run, owner] =
    /^runs\/[^/]+-[0-9a-f]{12}\/([^/]+)\/([0-9a-f]{16})\.json$/.exec(key) ?? [];
  return owner === undefined ? undefined : { run: run!, owner };
}
