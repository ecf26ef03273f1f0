import { filesOfPipeline } from '../../engine/config/pipeline-name.ts';
import { BatchFolder } from '../../engine/places/batch-folder.ts';
import { findLeftovers, removeLeftovers } from '../../engine/publishing/leftovers.ts';
import {
  findGarbage,
  type Garbage,
  type Hold,
  removeGarbage,
} from '../../engine/store/collect-garbage.ts';
import { LocalStore } from '../../engine/store/local-store.ts';
import { RemoteRecords } from '../../engine/store/remote/remote-records.ts';
import type { OpenedProject } from '../opened-project.ts';

interface GarbageOptions {
  /** Results used within so many milliseconds stay. */
  readonly keep: number;
  /** Bytes that the cache should have at most. */
  readonly maxBytes?: number | undefined;
}

/** What the cache of a project does not need. */
interface FoundGarbage {
  /** How many of each there are. */
  readonly results: number;
  readonly objects: number;
  readonly checkpoints: number;
  /** What killed runs left. */
  readonly leftovers: number;
  /** Bytes of all of them. */
  readonly bytes: number;
  readonly keptBytes: number;
  /** Bytes that stay, by the reason. */
  readonly held: Readonly<Record<Hold, number>>;
  readonly remove: () => Promise<void>;
}

/** The reasons for which results and objects stay. */
export type { Hold };

/** Finds what the cache of a project does not need. Removes nothing so far. */
export function findUnneeded({ root, warn }: OpenedProject, options: GarbageOptions): FoundGarbage {
  const { keep, maxBytes } = options;
  const store = new LocalStore(root, warn);
  const hasOpenJobs = () => BatchFolder.hasOpenJobs(store.folder);
  const garbage: Garbage = findGarbage(store, {
    hasOpenJobs,
    keep,
    ...(maxBytes !== undefined && { maxBytes }),
    exists: (pipeline) => filesOfPipeline(pipeline, root).length > 0,
  });
  const leftovers = findLeftovers(root, store);
  return {
    results: garbage.results.length,
    objects: garbage.objects.length,
    checkpoints: garbage.checkpoints.length,
    leftovers: leftovers.length,
    bytes: leftovers.reduce((sum, leftover) => sum + leftover.bytes, garbage.bytes),
    keptBytes: garbage.keptBytes,
    held: garbage.held,
    remove: async () => {
      removeGarbage(store, garbage, { hasOpenJobs });
      await removeLeftovers(leftovers);
      await RemoteRecords.compact(store.folder);
    },
  };
}
