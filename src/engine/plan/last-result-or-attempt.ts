import type { Digest } from '../../digest.ts';
import { goneSource } from '../../stage.ts';
import type { Stage } from '../config/pipeline.ts';
import type { Listing } from '../files/listing.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { readInputListing } from '../store/input-listings.ts';
import { kindBuild, readKindSources } from '../store/kind-build.ts';
import type { LocalStore } from '../store/local-store.ts';
import { lastAttempts } from '../store/runs/last-attempts.ts';
import type { RunFolder } from '../store/runs/run-folder.ts';
import type { EarlierWork } from './decide.ts';
import { changesBetween } from './fingerprint-changes.ts';

/** What is known of a stage before it is examined. */
export interface StagePast {
  readonly store: LocalStore;
  readonly pipeline: string;
  readonly stage: Stage;
  readonly last: Fingerprint | undefined;
  readonly hadResult: boolean;
  /** The present path inputs, by the digest of the parts that the stage reads. */
  readonly listed: ReadonlyMap<Digest, Listing>;
}

/**
 * What a stage did before, and how `now` differs from that; undefined if it never ran, or is
 * running for the first time.
 */
export function earlierWork(past: StagePast, now: Fingerprint): EarlierWork | undefined {
  const { store, pipeline, stage, last, hadResult, listed } = past;
  const work =
    last === undefined
      ? lastAttempt(store, pipeline, stage.name)
      : { ended: 'succeeded' as const, content: last };
  if (work === undefined) return hadResult ? { ended: 'succeeded', changes: [] } : undefined;
  const { content } = work;
  if (content === undefined) return { ended: work.ended, changes: [] };
  const changes = changesBetween(content, now, {
    defaultOf: stage.defaultOf,
    filesOf: (input) => {
      const listing = listed.get(input);
      if (listing?.folder !== true) return readInputListing(store.folder, input);
      return new Map(listing.files.map(({ path, digest }) => [path, digest]));
    },
    changedCode: () => changedCode(store.folder, content, now),
  });
  return { ended: work.ended, changes };
}

/** How many runs are searched for the last attempt, which only serves for a reason. */
const mostRuns = 20;

const knownRuns = new WeakMap<LocalStore, readonly RunFolder[]>();

/**
 * The last attempt of a stage; undefined while it runs. Records of earlier versions lack `content`.
 */
function lastAttempt(store: LocalStore, pipeline: string, stage: string) {
  const runs = knownRuns.get(store) ?? store.runsOf(pipeline, mostRuns);
  knownRuns.set(store, runs);
  const attempts = lastAttempts(runs, stage);
  if (attempts === undefined) return undefined;
  const { end, content } = attempts.last.state;
  if (end === undefined && attempts.run.isLiving()) return undefined;
  return { ended: end?.outcome ?? 'interrupted', content };
}

/**
 * Files and packages that differ between two versions of a project's own kind; empty where one is
 * no longer kept.
 */
function changedCode(folder: string, before: Fingerprint, after: Fingerprint): readonly string[] {
  const sourcesOf = ({ kind, version }: Fingerprint) =>
    typeof version === 'string' ? readKindSources(kindBuild(folder, kind, version)) : undefined;
  const old = sourcesOf(before);
  const now = sourcesOf(after);
  if (old === undefined || now === undefined || before.kind !== after.kind) return [];
  const changed = Object.keys(now).filter((name) => now[name] !== old[name]);
  const removed = Object.keys(old).filter((name) => !Object.hasOwn(now, name) && old[name] !== '');
  const isGone = (name: string) => now[name] === goneSource;
  const gone = [...removed, ...changed.filter(isGone)];
  return [
    ...changed.filter((name) => !isGone(name)),
    ...gone.map((name) => `${name} is gone`),
  ].sort();
}
