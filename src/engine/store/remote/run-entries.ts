import { gunzipSync, gzipSync } from 'node:zlib';
import { type Digest, isDigest } from '../../../digest.ts';
import { mostWhole } from './buckets/bucket.ts';
import {
  type Locations,
  type PackedLocations,
  packLocations,
  unpackLocations,
} from './envelope.ts';

/** What a run says of one of its results. */
export interface RunEntry {
  readonly text: string;
  readonly locations: Locations;
}

/**
 * The texts of results of one run, by fingerprint, in one object: who reads it need not ask for
 * each. The signature of the run covers its digest, so these results are signed with it. They are
 * those that the same key has signed one by one.
 */
export type RunEntries = ReadonlyMap<Digest, RunEntry>;

/** The line before each text. */
interface Heading extends PackedLocations {
  readonly fingerprint: Digest;
}

export function packEntries(entries: RunEntries): Buffer {
  const lines = Array.from(entries, ([fingerprint, { text, locations }]) => {
    const heading: Heading = { fingerprint, ...packLocations(locations) };
    return `${JSON.stringify(heading)}\n${text}\n`;
  });
  return gzipSync(lines.join(''), { level: 1 });
}

/** None where the bytes have another form. */
export function unpackEntries(bytes: Buffer): RunEntries {
  try {
    const lines = gunzipSync(bytes, { maxOutputLength: mostWhole }).toString('utf8').split('\n');
    const entries = new Map<Digest, RunEntry>();
    for (let line = 0; line + 1 < lines.length; line += 2) {
      const { fingerprint, ...locations } = JSON.parse(lines[line]!) as Heading;
      if (isDigest(fingerprint))
        entries.set(fingerprint, {
          text: lines[line + 1]!,
          locations: unpackLocations(locations),
        });
    }
    return entries;
  } catch {
    return new Map();
  }
}
