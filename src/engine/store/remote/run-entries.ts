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
    const lines = linesOf(gunzipSync(bytes, { maxOutputLength: mostWhole }));
    const entries = new Map<Digest, RunEntry>();
    for (const heading of lines) {
      const { fingerprint, ...locations } = JSON.parse(heading) as Heading;
      const text = lines.next().value;
      if (isDigest(fingerprint) && text !== undefined)
        entries.set(fingerprint, { text, locations: unpackLocations(locations) });
    }
    return entries;
  } catch {
    return new Map();
  }
}

/** Lines one by one: a list of as many as a signer can pack into few bytes ends the process. */
function* linesOf(bytes: Buffer): Generator<string, undefined> {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf('\n', start);
    if (end === -1) return;
    yield bytes.toString('utf8', start, end);
    start = end + 1;
  }
}
