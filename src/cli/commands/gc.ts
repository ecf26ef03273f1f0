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
import { formatBytes, formatCountOf, formatList } from '../../format-numbers.ts';
import { print, warnOnStderr } from '../support/command-error.ts';
import { currentRoot } from '../support/open-here.ts';

interface GcOptions {
  /** Milliseconds. */
  readonly keep: number;
  /** Bytes. */
  readonly maxSize?: number;
  readonly yes?: boolean;
}

export async function gcCommand({
  keep,
  maxSize: maxBytes,
  yes = false,
}: GcOptions): Promise<void> {
  const root = currentRoot();
  const store = new LocalStore(root, warnOnStderr);
  const hasOpenJobs = () => BatchFolder.hasOpenJobs(store.folder);
  const garbage = findGarbage(store, {
    hasOpenJobs,
    keep,
    ...(maxBytes !== undefined && { maxBytes }),
    exists: (pipeline) => filesOfPipeline(pipeline, root).length > 0,
  });
  const leftovers = findLeftovers(root, store);
  const counts = [
    formatCountOf(garbage.results.length, 'result'),
    formatCountOf(garbage.objects.length, 'object'),
    ...(garbage.checkpoints.length > 0
      ? [formatCountOf(garbage.checkpoints.length, 'checkpoint')]
      : []),
    ...(leftovers.length > 0 ? [formatCountOf(leftovers.length, 'leftover')] : []),
  ];
  const bytes = leftovers.reduce((sum, leftover) => sum + leftover.bytes, garbage.bytes);
  const listed = `${formatList(counts)}${leftovers.length > 0 ? ' of killed runs' : ''}`;
  const what = `${listed} (${formatBytes(bytes)}; ${formatBytes(garbage.keptBytes)} stay)`;
  const missed =
    maxBytes !== undefined && garbage.keptBytes > maxBytes ? missedTarget(garbage, maxBytes) : '';
  if (!yes) {
    const isNothing =
      garbage.results.length +
        garbage.objects.length +
        garbage.checkpoints.length +
        leftovers.length ===
      0;
    const summary = isNothing
      ? `Nothing to remove: all ${formatBytes(garbage.keptBytes)} stay. A shorter \`--keep\` removes more.`
      : `Would remove ${what}. To remove them: restage gc --yes`;
    return print(summary + missed);
  }
  removeGarbage(store, garbage, { hasOpenJobs });
  await removeLeftovers(leftovers);
  print(`Removed ${what}.${missed}`);
}

const holds: Readonly<Record<Hold, string>> = {
  last: "the last result of every stage, including frozen ones (removable once the pipeline's file is deleted)",
  running: 'results that a run under way may use',
  unsent: 'results that are to go to the shared store (`restage store push` sends them)',
  recent: 'results used lately',
  checkpoints:
    'training checkpoints (removed after --keep, or after a day if --max-size requires it)',
  young: 'objects younger than ten minutes, or not yet recorded by a current run',
};

function missedTarget({ keptBytes, held }: Garbage, target: number): string {
  const lines = (Object.keys(holds) as Hold[])
    .filter((hold) => held[hold] > 0)
    .map((hold) => `\n  ${formatBytes(held[hold])}: ${holds[hold]}`);
  return `\nThe store stays ${formatBytes(keptBytes - target)} above --max-size ${formatBytes(target)}, because these are kept:${lines.join('')}`;
}
