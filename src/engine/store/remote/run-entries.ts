import { gunzipSync, gzipSync } from 'node:zlib';
import type { Digest } from '../../../digest.ts';
import { formatBytes } from '../../../format-numbers.ts';
import { err, ok, type Result } from '../../../result.ts';
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

/**
 * The most bytes that these texts have of one result. Results of the study have 3 kB. That of a
 * folder with hundreds of files has more: it is asked for by a request of its own, which is little
 * of what it costs.
 */
export const mostOfResult = 64 * 1024;

/** Leaves out what readers would refuse; undefined where nothing is left. */
export function packEntries(entries: RunEntries): Buffer | undefined {
  const packed: Buffer[] = [];
  let size = 0;
  for (const [fingerprint, { text, locations }] of entries) {
    const heading: Heading = { fingerprint, ...packLocations(locations) };
    const lines = Buffer.from(`${JSON.stringify(heading)}\n${text}\n`);
    if (lines.length > mostOfResult || size + lines.length > mostWhole) continue;
    packed.push(lines);
    size += lines.length;
  }
  return size === 0 ? undefined : gzipSync(Buffer.concat(packed), { level: 1 });
}

/**
 * The texts in bytes that a trusted key signed, for the results that its run names, or why they are
 * refused. Few bytes of a signer may unpack to many, whose reading would hold up this process: the
 * first that no run needs ends it.
 */
export function unpackEntries(
  bytes: Buffer,
  named: ReadonlySet<Digest>,
): Result<RunEntries, string> {
  try {
    const maxOutputLength = Math.min(mostWhole, named.size * mostOfResult);
    const entries = new Map<Digest, RunEntry>();
    for (const [heading, text] of pairsOf(gunzipSync(bytes, { maxOutputLength }))) {
      const { fingerprint, ...locations } = JSON.parse(heading) as Heading;
      if (!named.has(fingerprint)) return err('one is of no result of the run');
      if (entries.has(fingerprint)) return err('two are of one result');
      entries.set(fingerprint, { text, locations: unpackLocations(locations) });
    }
    return ok(entries);
  } catch (error) {
    return err(error instanceof RangeError ? tooLarge : 'they have another form');
  }
}

const tooLarge = `one has more than ${formatBytes(mostOfResult)}`;

/** Two lines at a time: a list of as many as a signer can pack into few bytes ends the process. */
function* pairsOf(bytes: Buffer): Generator<readonly [heading: string, text: string]> {
  for (let start = 0; start < bytes.length; ) {
    const middle = bytes.indexOf('\n', start) + 1;
    const end = bytes.indexOf('\n', middle) + 1;
    if (middle === 0 || end === 0) throw new Error('an end is missing');
    if (end - start > mostOfResult) throw new RangeError('too many bytes');
    yield [bytes.toString('utf8', start, middle - 1), bytes.toString('utf8', middle, end - 1)];
    start = end;
  }
}
