import type { Digest } from '../../../digest.ts';
import { parseManifest } from '../runs/run-manifest.ts';
import { objectsOf } from '../stage-result.ts';
import { type Envelope, type EnvelopeKind, parseResultKey, parseRunKey } from './envelope.ts';
import type { KeyId } from './keys.ts';
import type { RemoteStore } from './remote-store.ts';

/** A file of a shared store that a trusted key has signed, by its name: a result, or a run. */
export interface Entry {
  readonly kind: EnvelopeKind;
  readonly key: string;
  readonly owner: KeyId;
  /** Present for a result. */
  readonly fingerprint?: Digest;
}

/** What an entry says. */
export interface SignedEntry {
  readonly envelope: Envelope;
  /** The objects that it names, each once. */
  readonly objects: readonly Digest[];
  /** Present for a run. */
  readonly pipeline?: string;
}

/** The entries of trusted keys: results, and then runs. */
export async function listEntries({ bucket, trusted }: RemoteStore): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const { key } of bucket.list('results/')) {
    const parts = parseResultKey(key);
    if (parts !== undefined && trusted.has(parts.owner))
      entries.push({ kind: 'result', key, ...parts });
  }
  for await (const { key } of bucket.list('runs/')) {
    const { owner } = parseRunKey(key) ?? {};
    if (owner !== undefined && trusted.has(owner)) entries.push({ kind: 'run', key, owner });
  }
  return entries;
}

/** Reads an entry; undefined if its owner did not sign it, or it is none of its kind. */
export async function readEntry(
  remote: RemoteStore,
  entry: Entry,
): Promise<SignedEntry | undefined> {
  if (entry.kind === 'result') {
    const stored = await remote.readResult(entry.fingerprint!, entry.owner);
    return stored && { envelope: stored, objects: [...new Set(objectsOf(stored.result))] };
  }
  const envelope = await remote.readEnvelope('run', entry.key, entry.owner);
  const manifest = envelope && parseManifest(envelope.text);
  if (manifest === undefined) return undefined;
  const { report, pipeline } = manifest;
  return { envelope: envelope!, objects: report === undefined ? [] : [report], pipeline };
}
