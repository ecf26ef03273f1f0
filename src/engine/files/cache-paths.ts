import { join } from 'node:path';
import type { Digest } from '../../digest.ts';

// Where everything lies in the folder `cache/` of a project. No other module builds these paths.

/** A folder in `cache/`. Bytes and results of other versions are read: no name changes. */
export type CacheFolder =
  /** Stored bytes: `ab/<digest>`. */
  | 'objects'
  /** Results of stages: `ab/<fingerprint>.json`. */
  | 'results'
  /** States that another attempt resumes from: `ab/<digest>`. */
  | 'checkpoints'
  /** What stages made of single items of their inputs, such as videos: `ab/<digest>`. */
  | 'pieces'
  /** Which result each stage had last: `<pipeline>/<stage>.json`. */
  | 'latest'
  /** Who works on what: files that name a process. */
  | 'leases'
  /** Records, events and logs of runs: `<run>/`. */
  | 'runs'
  /** Private folders of the attempts of a run under way: `<run>/`. */
  | 'work'
  /** Links to the inputs of running stages: `<fingerprint>`. */
  | 'in'
  /** Batches of tickets, and what other jobs need: `<id>/`. */
  | 'jobs'
  /**
   * What commands and programs depended on when nothing was left to do, and which contents of files
   * were found to be usable.
   */
  | 'memory'
  /** Listings of input folders, to name changed files later: `<digest>.json`. */
  | 'listings'
  /** Built versions of a project's own kinds: `<kind>-<version>/`. */
  | 'kinds'
  /** What Restage published at a path, and for whom. */
  | 'published'
  /** What the page of each pipeline shows: `<pipeline>.json`. */
  | 'reports'
  /** What is known of the entries of a shared store: `<store>/`. */
  | 'remote'
  /** What waits to be sent to a shared store: `<store>/`. */
  | 'outbox'
  /** Files that kinds publish and stages ask for, such as weights. */
  | 'downloads'
  /** Packages that programs run with, installed once for their lock: `<lock>/`. */
  | 'environments'
  /** Who signed the archive that was imported as a pipeline's: a file for each pipeline. */
  | 'imported'
  /** Damaged files that were set aside. */
  | 'quarantine'
  /** Files of the user that were in the way of an output. */
  | 'displaced';

/** The folder of what Restage keeps of a project. */
export const cacheOf = (root: string): string => join(root, 'cache');

/** The path of a folder in `cache/`, or of something in it. */
export const inCache = (cache: string, folder: CacheFolder, ...names: readonly string[]): string =>
  join(cache, folder, ...names);

export const objectPath = (cache: string, digest: Digest): string =>
  inCache(cache, 'objects', digest.slice(0, 2), digest);

export const resultPath = (cache: string, fingerprint: Digest): string =>
  inCache(cache, 'results', fingerprint.slice(0, 2), `${fingerprint}.json`);

export const checkpointPath = (cache: string, digest: Digest): string =>
  inCache(cache, 'checkpoints', digest.slice(0, 2), digest);

export const piecePath = (cache: string, digest: Digest): string =>
  inCache(cache, 'pieces', digest.slice(0, 2), digest);

/** The lease of the work that a fingerprint names, of a publication or of a download. */
export const leasePath = (cache: string, name: string): string => inCache(cache, 'leases', name);

/** The digests of the project's files that were hashed. */
export const digestsPath = (cache: string): string => join(cache, 'digests.json');
